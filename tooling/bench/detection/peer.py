"""Faster R-CNN in torchvision and onnxruntime as peers of the benchmark: one JSON request a line, one JSON answer a line.

    {"do": "model", "name": "ic", "file": PATH, "branches": {"layer1.0.conv2": [[dH, dW, count], ...]}}
        a checkpoint with torchvision's names; inception layers hold one convolution a branch
    {"do": "input", "file": PATH, "shape": [H, W, 3]}   8-bit RGB
    {"do": "detect", "model": "ic", "engine": "torchvision" | "onnxruntime", "repeat": N} -> {"ms", "boxes", "scores", "labels"} of the last run
    {"do": "step", "model": "ic", "size": 512, "boxes": [[x1, y1, x2, y2], ...], "labels": [...], "repeat": N} -> {"ms"}
        forward, backward and SGD with momentum on one image
"""

import copy
import json
import sys
import tempfile
import time
import warnings

import numpy as np
import onnxruntime
import torch
import torchvision
from torch import nn

warnings.filterwarnings("ignore")
models, sessions, trained = {}, {}, {}
image = None


class Inception(nn.Module):
    def __init__(self, conv, branches):
        super().__init__()
        self.conv_list = nn.ModuleList(
            nn.Conv2d(conv.in_channels, count, 3, conv.stride, (height, width), (height, width), bias=False)
            for height, width, count in branches
        )

    def forward(self, x):
        return torch.cat([conv(x) for conv in self.conv_list], 1)


def build(request):
    model = torchvision.models.detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    body = model.backbone.body
    for name, branches in request["branches"].items():
        stage, block, conv = name.split(".")
        owner = body[stage][int(block)]
        setattr(owner, conv, Inception(getattr(owner, conv), branches))
    # torchvision leaves the first layers of a backbone frozen only where it is pretrained.
    missing, unexpected = model.load_state_dict(torch.load(request["file"]), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return model


def add_model(request):
    name = request["name"]
    trained[name] = build(request)
    models[name] = copy.deepcopy(trained[name]).eval()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        example = torch.rand(3, 800, 1216)
        # The exporter writes what the Python code does, loops over levels and classes unrolled.
        torch.onnx.export(models[name], ([example],), file.name, opset_version=17, dynamo=False, input_names=["image"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        sessions[name] = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    models[name] = models[name].to(memory_format=torch.channels_last)
    return {}


def set_input(request):
    global image
    pixels = np.fromfile(request["file"], np.uint8).reshape(request["shape"])
    image = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255).contiguous()
    return {}


def detect(request):
    name = request["model"]

    def run():
        if request["engine"] == "torchvision":
            with torch.inference_mode():
                result = models[name]([image])[0]
            return [result[key].numpy() for key in ("boxes", "scores", "labels")]
        names = [output.name for output in sessions[name].get_outputs()]
        values = sessions[name].run(names, {"image": image.numpy()})
        boxes = next(v for v in values if v.ndim == 2)
        labels = next(v for v in values if v.ndim == 1 and v.dtype == np.int64)
        scores = next(v for v in values if v.ndim == 1 and v.dtype == np.float32)
        return [boxes, scores, labels]

    start = time.perf_counter()
    for _ in range(request["repeat"]):
        boxes, scores, labels = run()
    ms = (time.perf_counter() - start) * 1000 / request["repeat"]
    return {"ms": ms, "boxes": boxes.tolist(), "scores": scores.tolist(), "labels": labels.tolist()}


optimizers = {}


def step(request):
    name, size = request["model"], request["size"]
    model = trained[name]
    model.train()
    model.transform.min_size, model.transform.max_size = (size,), size
    if name not in optimizers:
        optimizers[name] = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    picture = image[:, :size, :size].contiguous()
    target = {"boxes": torch.tensor(request["boxes"]), "labels": torch.tensor(request["labels"])}
    start = time.perf_counter()
    for _ in range(request["repeat"]):
        losses = model([picture], [target])
        optimizers[name].zero_grad()
        sum(losses.values()).backward()
        optimizers[name].step()
    return {"ms": (time.perf_counter() - start) * 1000 / request["repeat"]}


def version(_):
    return {"torchvision": torchvision.__version__, "onnxruntime": onnxruntime.__version__, "torch": torch.__version__}


torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
actions = {"model": add_model, "input": set_input, "detect": detect, "step": step, "version": version}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(actions[request["do"]](request)), flush=True)
