"""torch's convolutions on a GPU, which are cuDNN's, as a peer of the benchmark: one JSON request a line, one JSON answer a line.

    {"do": "version"} -> {"torch", "cudnn", "device"}
    {"do": "load", "name": "x" | "filter", "file": PATH, "shape": [...]}   float32 [N, H, W, C], and [K, K, C, O]
    {"do": "run", "dilations": [[dH, dW], ...] or null, "gradients": false, "precision": "tf32", "repeat": N, "out": PATH or null} -> {"ms"}
        dilations: of each output channel, one convolution for each of those that differ; null: a plain convolution
        ms: of a run on average, from first to last with the device waited for; "out": the map, float32 [N, H, W, O]
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parents[1]))
from serve import serve  # noqa: E402

device = torch.device(sys.argv[1])
tensors = {}


def load(request):
    tensor = torch.from_numpy(np.fromfile(request["file"], np.float32).reshape(request["shape"]))
    # Maps keep their channels last in memory, and filters too: cuDNN's own way for tensor cores.
    order = (0, 3, 1, 2) if request["name"] == "x" else (3, 2, 0, 1)
    tensors[request["name"]] = tensor.permute(order).contiguous(memory_format=torch.channels_last).to(device).requires_grad_()
    return {}


def convolve(x, filter, dilations):
    half = (filter.shape[-1] - 1) // 2
    if dilations is None:
        return functional.conv2d(x, filter, padding=half)
    branches = {}
    for channel, dilation in enumerate(dilations):
        branches.setdefault(tuple(dilation), []).append(channel)
    parts = [
        functional.conv2d(x, filter[channels], padding=(half * h, half * w), dilation=(h, w)) for (h, w), channels in branches.items()
    ]
    places = torch.tensor([channel for channels in branches.values() for channel in channels], device=device)
    return torch.cat(parts, 1)[:, torch.argsort(places)]


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def run(request):
    precision = request["precision"]
    torch.backends.cudnn.allow_tf32 = precision != "float32"
    x, filter = tensors["x"], tensors["filter"]
    halves = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(precision)
    if halves is not None:
        x, filter = x.to(halves), filter.to(halves)
    wait()
    start = time.perf_counter()
    for _ in range(request["repeat"]):
        if request["gradients"]:
            y = convolve(x, filter, request["dilations"])
            torch.autograd.grad(y, (x, filter), torch.ones_like(y))
        else:
            with torch.no_grad():
                y = convolve(x, filter, request["dilations"])
    wait()
    ms = (time.perf_counter() - start) * 1e3 / request["repeat"]
    if request["out"]:
        y.detach().permute(0, 2, 3, 1).contiguous().float().cpu().numpy().tofile(request["out"])
    return {"ms": ms}


def version(request):
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version(), "device": name}


if __name__ == "__main__":
    torch.backends.cudnn.benchmark = True
    serve({"load": load, "run": run, "version": version})
