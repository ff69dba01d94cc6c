"""Bottom-up pose networks in torch, onnxruntime and OpenVINO, and mmpose's parser, as peers of the benchmark; requests as in ../models/peer.py, and

    {"do": "model", ...}      a checkpoint with mmpose's names: backbone.*, keypoint_head.*
    {"do": "targets", "file": PATH, "shape": [N, h, w, K], "places": [[[x, y], ...], ...]}     float32 heatmaps; of the first picture's people the
        pixels of all their keypoints
    {"do": "step", "model": "R50", "repeat": N} -> {"ms", "heatmap", "push", "pull": mmpose's losses of the last}
        forward, backward and Adam on the input
    {"do": "maps", "heatmaps": PATH, "tags": PATH, "shape": [K, H, W, T]}     float32; tags are [T, K, H, W]
    {"do": "group", "repeat": N} -> {"ms": time of one call on average, "people": P}; needs mmpose 0.29 and munkres
"""

import copy
import importlib.metadata
import importlib.util
import sys
import time
import types
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import peer as base  # noqa: E402

maps = None
# Of the networks as they are trained: with batch norms, and what Adam knows of them.
trained, optimizers = {}, {}
target = places = None


class PoseNetwork(base.Folded):
    """ResNet, transposed convolutions with their norms folded, and the last convolution."""

    def __init__(self, resnet, head):
        super().__init__(resnet)
        self.deconvs = nn.ModuleList()
        for conv, norm in zip(head.deconv_layers[0::3], head.deconv_layers[1::3]):
            conv.weight, conv.bias = fuse_conv_bn_weights(
                conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias, transpose=True
            )
            self.deconvs.append(conv)
        self.final = head.final_layer

    def forward(self, x):
        y = super().forward(x)
        for deconv in self.deconvs:
            y = torch.relu_(deconv(y))
        return self.final(y)


def model(request):
    resnet = base.unfolded(request)
    layers = []
    for channels in (2048, 256, 256):
        layers += [nn.ConvTranspose2d(channels, 256, 4, 2, 1, bias=False), nn.BatchNorm2d(256), nn.ReLU()]
    head = nn.Module()
    head.deconv_layers, head.final_layer = nn.Sequential(*layers).eval(), nn.Conv2d(256, 34, 1)
    whole = nn.Module()
    whole.backbone, whole.keypoint_head = resnet, head
    whole.load_state_dict(torch.load(request["file"], weights_only=True))
    trained[request["name"]] = copy.deepcopy(whole).to(memory_format=torch.channels_last)
    base.keep(request["name"], PoseNetwork(resnet, head))
    return {}


def read_targets(request):
    global target, places
    array = np.fromfile(request["file"], np.float32).reshape(request["shape"])
    target = torch.from_numpy(np.ascontiguousarray(array.transpose(0, 3, 1, 2)))
    places = torch.tensor(request["places"]).unbind(-1)
    return {}


def losses(output):
    """mmpose's multi_loss_factory.py: heatmaps by the mean square, tags by their distance from the mean of their person and by that of people."""
    kinds = target.shape[1]
    x, y = places
    tags = output[0, kinds:][torch.arange(kinds), y, x]
    means = tags.mean(1)
    people = len(means)
    near = torch.exp(-((means[None] - means[:, None]) ** 2)).sum() - people
    return {
        "heatmap": ((output[:, :kinds] - target) ** 2).mean(),
        "push": near / ((people - 1) * people) * 0.5,
        "pull": ((tags - means[:, None]) ** 2).mean(),
    }


def step(request):
    whole = trained[request["model"]].train()
    resnet, head = whole.backbone, whole.keypoint_head
    layers = [resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool, resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4]
    if request["model"] not in optimizers:
        optimizers[request["model"]] = torch.optim.Adam(whole.parameters(), lr=1e-5)
    elapsed = 0
    with torch.enable_grad():
        for _ in range(request["repeat"]):
            start = time.perf_counter()
            y = base.image
            for layer in [*layers, head.deconv_layers, head.final_layer]:
                y = layer(y)
            found = losses(y)
            optimizers[request["model"]].zero_grad()
            (found["heatmap"] + 0.001 * (found["push"] + found["pull"])).backward()
            optimizers[request["model"]].step()
            elapsed += time.perf_counter() - start
    return {"ms": elapsed * 1e3 / request["repeat"]} | {name: loss.item() for name, loss in found.items()}


def parser():
    """mmpose's HeatmapParser; what its file imports from the rest of mmpose is not called."""
    evaluation = types.ModuleType("mmpose.core.evaluation")
    evaluation.post_dark_udp = None
    sys.modules |= {name: types.ModuleType(name) for name in ("mmpose", "mmpose.core")} | {evaluation.__name__: evaluation}
    file = importlib.metadata.distribution("mmpose").locate_file("mmpose/core/post_processing/group.py")
    spec = importlib.util.spec_from_file_location("mmpose_group", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cfg = dict(
        num_joints=17, max_num_people=30, detection_threshold=0.1, tag_threshold=1, use_detection_val=True,
        ignore_too_much=False, tag_per_joint=True, nms_kernel=5, nms_padding=2,
    )
    return module.HeatmapParser(cfg)


def read_maps(request):
    global maps
    k, h, w, t = request["shape"]
    heatmaps = torch.from_numpy(np.fromfile(request["heatmaps"], np.float32).reshape(1, k, h, w))
    tags = torch.from_numpy(np.fromfile(request["tags"], np.float32).reshape(t, k, h, w)).permute(1, 2, 3, 0)[None].contiguous()
    maps = heatmaps, tags
    return {}


def group(request):
    heatmap_parser = parser()
    elapsed = 0
    for _ in range(request["repeat"]):
        start = time.perf_counter()
        results, _ = heatmap_parser.parse(*maps)
        elapsed += time.perf_counter() - start
    return {"ms": elapsed * 1e3 / request["repeat"], "people": len(results[0])}


if __name__ == "__main__":
    commands = {"model": model, "input": base.read_input, "run": base.run, "version": base.version}
    base.serve_networks(commands | {"maps": read_maps, "group": group, "targets": read_targets, "step": step})
