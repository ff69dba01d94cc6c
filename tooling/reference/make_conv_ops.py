"""Golden fixtures of convolution, transposed convolution and max pooling with symmetric padding, from torch in float32.

Inputs are not stored: tests and script make them from the same integer hash (see make_inception_conv.py). Results are stored whole.

    python tooling/reference/make_conv_ops.py
"""

import json
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F

FIXTURES = Path(__file__).parents[2] / "packages/tensor-ops/test/conv2d/fixtures"
# Stems, bottlenecks, ResNeXt, pose head and their odd sizes.
CASES = [
    {"op": "conv2d", "x": [2, 15, 18, 3], "kernel": 7, "out": 4, "strides": 2, "pad": 3},
    {"op": "conv2d", "x": [1, 9, 12, 4], "kernel": 3, "out": 6, "strides": 2, "pad": 1},
    {"op": "conv2d", "x": [2, 7, 6, 4], "kernel": 1, "out": 8, "strides": 2, "pad": 0},
    {"op": "conv2d", "x": [1, 8, 7, 8], "kernel": 3, "out": 8, "strides": 1, "pad": 1, "groups": 4},
    {"op": "conv2d", "x": [1, 11, 9, 4], "kernel": 3, "out": 4, "strides": 2, "pad": 2, "dilations": 3, "groups": 2},
    {"op": "conv2d", "x": [1, 9, 10, 2], "kernel": 9, "out": 3, "strides": 1, "pad": 4},
    {"op": "convTranspose2d", "x": [2, 5, 4, 6], "kernel": 4, "out": 3, "strides": 2, "pad": 1},
    {"op": "convTranspose2d", "x": [1, 4, 5, 4], "kernel": 3, "out": 6, "strides": 2, "pad": 1, "outputPadding": 1, "groups": 2},
    {"op": "maxPool2d", "x": [2, 13, 10, 3], "kernel": 3, "strides": 2, "pad": 1},
    {"op": "maxPool2d", "x": [1, 7, 8, 2], "kernel": 2, "strides": 2, "pad": 0},
]


def hashed(seed: int, shape) -> np.ndarray:
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32).reshape(shape)


def nhwc(t: torch.Tensor) -> np.ndarray:
    return t.detach().permute(0, 2, 3, 1).contiguous().numpy()


tensors = {}
for index, case in enumerate(CASES):
    op, kernel, groups = case["op"], case["kernel"], case.get("groups", 1)
    seed = 10 * index + 1
    x = torch.from_numpy(hashed(seed, case["x"])).permute(0, 3, 1, 2).contiguous().requires_grad_()
    channels, out = case["x"][3], case.get("out")
    leaves = [x]
    if op == "maxPool2d":
        y = F.max_pool2d(x, kernel, case["strides"], case["pad"])
    else:
        # The operators' filter layouts: HWIO, and for the transposed convolution [KH, KW, O/G, C].
        shape = [kernel, kernel, channels // groups, out] if op == "conv2d" else [kernel, kernel, out // groups, channels]
        filters = torch.from_numpy(hashed(seed + 1, shape)).requires_grad_()
        bias = torch.from_numpy(hashed(seed + 2, [out])).requires_grad_()
        leaves += [filters, bias]
        weight = filters.permute(3, 2, 0, 1)
        if op == "conv2d":
            y = F.conv2d(x, weight, bias, case["strides"], case["pad"], case.get("dilations", 1), groups)
        else:
            y = F.conv_transpose2d(x, weight, bias, case["strides"], case["pad"], case.get("outputPadding", 0), groups)
    dy = torch.from_numpy(hashed(seed + 3, nhwc(y).shape)).permute(0, 3, 1, 2)
    y.backward(dy)
    tensors[f"{index}/y"] = nhwc(y)
    tensors[f"{index}/dx"] = nhwc(x.grad)
    if op != "maxPool2d":
        tensors[f"{index}/dfilter"] = leaves[1].grad.contiguous().numpy()
        tensors[f"{index}/dbias"] = leaves[2].grad.numpy()

FIXTURES.mkdir(parents=True, exist_ok=True)
safetensors.numpy.save_file(tensors, FIXTURES / "conv-ops.safetensors")
manifest = {
    "script": "tooling/reference/make_conv_ops.py",
    "versions": {"torch": torch.__version__, "numpy": np.__version__},
    "tolerance": {"forward": 1e-5, "gradient": 1e-4},
}
head = json.dumps(manifest, indent=1)[:-2]
lines = ",\n  ".join(json.dumps(case) for case in CASES)
(FIXTURES / "manifest.json").write_text(f'{head},\n "cases": [\n  {lines}\n ]\n}}\n')
