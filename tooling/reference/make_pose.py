"""Fixtures of bottom-up pose estimation: mmpose 0.29's modules on hashed weights and painted pictures, stage by stage.

Weights and inputs are made from a hash of their names on both sides (see make_models.py), so that only results are stored. Of mmpose
single files are loaded, because the package as a whole wants mmcv; what they import from the rest is stubbed and not called:

    pip install mmpose==0.29.0 --no-deps munkres==1.1.4 opencv-python-headless
    python tooling/reference/make_pose.py

Writes packages/pose/test/golden/fixtures/pose.safetensors and manifest.json.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import torch
import torchvision
from make_models import hashed, initial
from safetensors.torch import save_file
from torch import nn

OUT = Path(__file__).parents[2] / "packages/pose/test/golden/fixtures"
SAMPLES = 1024
KEYPOINTS = 17
CHANNELS = 16


class Stub(types.ModuleType):
    """A module of which everything can be imported; decorators give back what they decorate."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("BasePose", "DeconvHead"):
            return nn.Module
        return Registry()


class Registry:
    def register_module(self):
        return lambda cls: cls

    def __call__(self, *_, **__):
        return lambda function: function


for name in (
    "mmpose mmpose.core mmpose.core.evaluation mmpose.core.post_processing mmpose.core.post_processing.group mmpose.core.visualization"
    " mmpose.datasets mmpose.datasets.builder mmpose.datasets.pipelines mmpose.datasets.pipelines.shared_transform mmpose.models"
    " mmpose.models.builder mmpose.models.detectors mmpose.models.detectors.base mmpose.models.losses mmcv mmcv.image mmcv.runner"
    " mmcv.utils mmcv.utils.misc mmcv.visualization mmcv.visualization.image"
).split():
    sys.modules[name] = Stub(name)


def load(path: str):
    file = importlib.metadata.distribution("mmpose").locate_file(path)
    name = path.removesuffix(".py").replace("/", ".")
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


transforms = load("mmpose/core/post_processing/post_transforms.py")
for function in ("get_affine_transform", "get_warp_matrix", "warp_affine_joints", "transform_preds"):
    setattr(sys.modules["mmpose.core.post_processing"], function, getattr(transforms, function))
bottom_up_eval = load("mmpose/core/evaluation/bottom_up_eval.py")
for function in ("aggregate_scale", "aggregate_stage_flip", "flip_feature_maps", "get_group_preds", "split_ae_outputs"):
    setattr(sys.modules["mmpose.core.evaluation"], function, getattr(bottom_up_eval, function))
group = load("mmpose/core/post_processing/group.py")
factory = load("mmpose/models/losses/multi_loss_factory.py")
bottom_up = load("mmpose/datasets/pipelines/bottom_up_transform.py")
detector = load("mmpose/models/detectors/associative_embedding.py")


def spread(value: torch.Tensor) -> torch.Tensor:
    """Evenly spread elements of a tensor in our layout (channels last)."""
    flat = (value.permute(0, 2, 3, 1) if value.ndim == 4 else value).detach().reshape(-1)
    count = min(SAMPLES, len(flat))
    return flat[[i * (len(flat) - 1) // max(1, count - 1) for i in range(count)]].float().clone()


def head_layers(channels: int) -> nn.Module:
    """mmpose's AESimpleHead by its names: deconv_layers and final_layer."""
    layers, inner = [], channels
    for _ in range(3):
        layers += [nn.ConvTranspose2d(inner, CHANNELS, 4, 2, 1, bias=False), nn.BatchNorm2d(CHANNELS), nn.ReLU()]
        inner = CHANNELS
    head = nn.Module()
    head.deconv_layers = nn.Sequential(*layers)
    head.final_layer = nn.Conv2d(CHANNELS, 2 * KEYPOINTS, 1)
    return head


def weight_value(name: str, shape) -> np.ndarray:
    """In TensorFlow's layout."""
    if name.startswith("backbone."):
        return initial(name.removeprefix("backbone."), shape, "bn2")
    value = hashed(name, shape)
    if len(shape) == 4:
        return value * np.float32(np.sqrt(3 / (4 * shape[3])) if "deconv" in name else 0.2)
    if name.endswith("running_var") or (name.endswith(".weight")):
        return value * np.float32(0.25) + np.float32(1)
    return value * np.float32(0.1)


class PoseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = torchvision.models.resnet18(weights=None)
        del self.backbone.fc
        self.keypoint_head = head_layers(512)
        with torch.no_grad():
            for name, target in self.state_dict().items():
                if name.endswith("num_batches_tracked"):
                    continue
                shape = tuple(target.shape)
                ours = (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape
                value = weight_value(name, ours)
                if len(shape) == 4:
                    value = value.transpose(3, 2, 0, 1)
                target.copy_(torch.from_numpy(np.ascontiguousarray(value)))

    def forward(self, x):
        b = self.backbone
        x = b.maxpool(b.relu(b.bn1(b.conv1(x))))
        x = b.layer4(b.layer3(b.layer2(b.layer1(x))))
        return x, self.keypoint_head.final_layer(self.keypoint_head.deconv_layers(x))


def people(seed: str, count: int, height: int, width: int) -> np.ndarray:
    """[P, K, 3] in pixels of the heatmap; some not labelled, some outside."""
    value = hashed(seed, (count, KEYPOINTS, 3)).astype(np.float64)
    result = np.zeros((count, KEYPOINTS, 3))
    result[..., 0] = (value[..., 0] * 0.55 + 0.5) * width
    result[..., 1] = (value[..., 1] * 0.55 + 0.5) * height
    result[..., 2] = np.where(value[..., 2] < -0.5, 0, np.where(value[..., 2] < 0, 1, 2))
    return result


def losses_case(tensors: dict) -> None:
    """Features, outputs, targets, losses and gradients of a batch of two, batch norms in evaluation."""
    height, width = 96, 128
    h, w = height // 4, width // 4
    net = PoseNet().double().eval()
    x = torch.from_numpy(hashed("image", (2, height, width, 3))).permute(0, 3, 1, 2).double()
    features, output = net(x)
    tensors["features"] = spread(features)
    tensors["outputs"] = spread(output)
    heat = bottom_up.HeatmapGenerator(np.array([w, h]), KEYPOINTS, 2)
    encode = bottom_up.JointsEncoder(30, KEYPOINTS, np.array([w, h]), True)
    batch = [people("people/0", 5, h, w), people("people/1", 2, h, w)]
    targets = torch.from_numpy(np.stack([heat(p) for p in batch])).double()
    tensors["targets"] = spread(targets)
    joints = torch.from_numpy(np.stack([encode(p) for p in batch])).long()
    mask = torch.ones(2, h, w, dtype=torch.float64)
    mask[0, 3:9, 4:20] = 0
    loss = factory.MultiLossFactory.__new__(factory.MultiLossFactory)
    nn.Module.__init__(loss)
    loss.__init__(KEYPOINTS, 1, "exp", [True], [0.001], [0.001], [True], [1.0])
    heatmap, push, pull = (values[0].mean() for values in loss([output], [targets], [mask], [joints]))
    tensors["losses"] = torch.stack([heatmap, push, pull]).float()
    # The tags' losses are made as large as the other, lest nobody sees them in the gradients.
    (heatmap + 100 * push + 100 * pull).backward()
    for name, parameter in net.named_parameters():
        grad = parameter.grad
        tensors[f"gradient/{name}"] = spread(grad.permute(2, 3, 1, 0).reshape(-1) if grad.ndim == 4 else grad)


def placements_case(tensors: dict) -> None:
    """Sizes, centre and scale of the input for pictures of several sizes and scales."""
    rows = []
    for height, width in ((480, 640), (427, 640), (640, 425), (333, 500), (612, 612), (101, 75)):
        image = np.zeros((height, width, 3), np.uint8)
        for scale, least in ((1, 1), (2, 0.5), (1, 0.5), (0.5, 0.5)):
            (w, h), centre, scales = bottom_up._get_multi_scale_size(image, np.array([640, 640]), scale, least, 64)
            rows.append([height, width, scale, least, h, w, *centre, *scales])
    tensors["placements"] = torch.tensor(rows, dtype=torch.float32)


def painted(height: int, width: int, persons) -> np.ndarray:
    """8-bit RGB: joint 0 is a red blob, joint 1 a green one; blue, around both, is the person's tag."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    picture = np.zeros((height, width, 3))
    for joints, tag in persons:
        for channel, (px, py) in enumerate(joints):
            square = (x - px) ** 2 + (y - py) ** 2
            picture[..., channel] = np.maximum(picture[..., channel], 230 * np.exp(-square / (2 * 7.0**2)))
            picture[..., 2] = np.where(square < 24**2, tag, picture[..., 2])
    return np.round(picture).astype(np.uint8)


# Two joints and a tag each.
PICTURES = [
    (150, 230, [(((60.3, 50.2), (95.5, 64.0)), 20), (((160.0, 90.7), (180.4, 42.1)), 120), (((200.2, 120.0), (150.0, 128.6)), 220)]),
    (211, 140, [(((50.0, 60.5), (90.7, 70.2)), 40), (((70.3, 150.0), (110.0, 178.3)), 160)]),
]
MEAN = np.array([123.675, 116.28, 103.53])
DEVIATION = np.array([58.395, 57.12, 57.375])


class PaintedHead(nn.Module):
    """Reads heatmaps and tags off the picture: means of 4x4 pixels of the colours, and tags of 30 times the blue."""

    def forward(self, x):
        pixels = x * torch.tensor(DEVIATION).view(1, 3, 1, 1) + torch.tensor(MEAN).view(1, 3, 1, 1)
        small = nn.functional.avg_pool2d(pixels / 255, 4)
        red, green, blue = small[:, 0:1], small[:, 1:2], small[:, 2:3]
        return [torch.cat([red, green, 30 * blue, 30 * blue + 0.1 * red], 1).float()]


def estimates_case(tensors: dict) -> None:
    """From pictures to keypoints by mmpose's own test: one scale, flip, several scales."""
    cfg = dict(
        num_joints=2, max_num_people=30, with_heatmaps=[True], with_ae=[True], project2image=True, align_corners=False,
        nms_kernel=5, nms_padding=2, tag_per_joint=True, detection_threshold=0.1, tag_threshold=1, use_detection_val=True,
        ignore_too_much=False, adjust=True, refine=True,
    )
    for index, (height, width, persons) in enumerate(PICTURES):
        picture = painted(height, width, persons)
        for name, flip, scales in (("single", False, [1]), ("flip", True, [1]), ("multi", True, [2, 1, 0.5])):
            net = detector.AssociativeEmbedding.__new__(detector.AssociativeEmbedding)
            nn.Module.__init__(net)
            net.test_cfg = {**cfg, "flip_test": flip}
            net.use_udp = False
            net.backbone = nn.Identity()
            net.keypoint_head = PaintedHead()
            net.parser = group.HeatmapParser(cfg)
            size = np.array([128, 128])
            base, centre, scale = bottom_up._get_multi_scale_size(picture, size, 1, min(scales), 64)
            data = []
            for one in sorted(scales, reverse=True):
                resized, *_ = bottom_up._resize_align_multi_scale(picture, size, one, min(scales), 64)
                data.append(torch.from_numpy(((resized - MEAN) / DEVIATION).transpose(2, 0, 1)[None].copy()))
            meta = dict(
                aug_data=data, test_scale_factor=scales, base_size=base, center=centre, scale=scale, flip_index=[0, 1], image_file=""
            )
            with torch.no_grad():
                result = net.forward_test(data[0], [meta])
            found = np.stack([p[:, :3] for p in result["preds"]])
            tensors[f"poses/{index}/{name}"] = torch.from_numpy(found.astype(np.float32))
            tensors[f"scores/{index}/{name}"] = torch.tensor(np.array(result["scores"]), dtype=torch.float32)


def main() -> None:
    torch.set_num_threads(2)
    tensors: dict = {}
    losses_case(tensors)
    placements_case(tensors)
    estimates_case(tensors)
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / "pose.safetensors"
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    manifest = {
        "script": "tooling/reference/make_pose.py",
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "mmpose": "0.29.0", "opencv": cv2.__version__},
        "seed": "hash of names",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "tolerances": {"outputs": 1e-4, "losses": 1e-4, "gradients": 1e-3, "keypoints": "0.1 px"},
    }
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for name in ("losses", "poses/0/single", "poses/0/multi", "scores/0/flip"):
        print(name, tensors[name])
    print(file, file.stat().st_size)


if __name__ == "__main__":
    main()
