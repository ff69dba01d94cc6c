"""Golden fixtures of the inception convolution: outputs and gradients of the official layer's semantics, from torch in float32.

The layer is one ordinary convolution per dilation with a non-zero count, in key order, concatenated on channels; dilation (i + 1, j + 1)
in height and width, padding equal to the dilation (kernel 3), the same stride and groups for all. The published counts
(github.com/yifan123/IC-Conv, pattern_zoo) are read from the folder named on the command line.

Inputs are not stored: tests and script make them from the same integer hash. Of the results are stored: the gradient of the input whole;
of output and filter gradient the products of each channel with a hashed vector (float64), which any wrong element changes, and
every n-th element (float32).

    python tooling/reference/make_inception_conv.py path/to/pattern-zoo
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F

FIXTURES = Path(__file__).parents[2] / "packages/tensor-ops/test/inception-conv2d/fixtures"
FILES = [
    "detection_ic_resnet50_k9",
    "detection_ic_resnet101_k9",
    "detection_ic_resnext101_32x4d_k9",
    "segmentation_ic_resnet50_k9",
    "human_pose_ic_resnet50_k13",
    "human_pose_ic_resnet101_k13",
]
PER_GROUP = "detection_ic_resnext101_32x4d_k9"
# Odd sizes, and maps smaller than the dilation.
MAPS = [(7, 9), (11, 5), (2, 3), (13, 8), (1, 6), (9, 9), (3, 17)]
SAMPLES = 64


def hashed(seed: int, shape) -> np.ndarray:
    """Float32 multiples of 2^-23 in [-1, 1) from an integer hash of the element's index."""
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32).reshape(shape)


def branches(counts: dict) -> list[tuple[int, int, int]]:
    """(dH, dW, count) of each non-zero entry, in key order."""
    found = []
    for key, count in counts.items():
        i, j = map(int, re.findall(r"\d+", key))
        if count:
            found.append((i + 1, j + 1, count))
    return found


def official_order(pattern, groups: int) -> tuple[list[int], list[tuple[int, int]]]:
    """For the operator's channel order (group by group): which channel of the official layer it is, and its dilation.

    The official layer gives each branch all groups, so its channels lie branch by branch, group by group inside."""
    rows = []
    start = 0
    for height, width, count in pattern:
        share = count // groups
        rows += [(c // share, start + c, (height, width)) for c in range(count)]
        start += count
    rows.sort(key=lambda row: (row[0], row[1]))
    return [row[1] for row in rows], [row[2] for row in rows]


def run_official(x, weight, pattern, stride, groups):
    """x [N, C, H, W]; weight [O, C/G, 3, 3] in the layer's own channel order."""
    outputs = []
    start = 0
    for height, width, count in pattern:
        outputs.append(
            F.conv2d(
                x,
                weight[start : start + count],
                stride=stride,
                padding=(height, width),
                dilation=(height, width),
                groups=groups,
            )
        )
        start += count
    return torch.cat(outputs, 1)


def run_per_group(x, weight, pattern, stride, groups):
    """Counts of groups instead of channels: each branch sees the inputs of its own groups only."""
    outputs = []
    first = 0
    inputs, out = x.shape[1] // groups, weight.shape[0] // groups
    for height, width, count in pattern:
        outputs.append(
            F.conv2d(
                x[:, first * inputs : (first + count) * inputs],
                weight[first * out : (first + count) * out],
                stride=stride,
                padding=(height, width),
                dilation=(height, width),
                groups=count,
            )
        )
        first += count
    return torch.cat(outputs, 1)


def sampled(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(-1)
    return flat[:: max(1, flat.size // SAMPLES)].astype(np.float32)


def projected(values: np.ndarray, seed: int) -> np.ndarray:
    """Product of each channel (last axis) with a hashed vector."""
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    return hashed(seed, rows.shape[0]).astype(np.float64) @ rows


def make_case(name: str, seed: int, pattern, per_group: bool, *, batch, size, channels, stride, groups):
    out_channels = sum(count for *_, count in pattern) * (channels // groups if per_group else 1)
    x = hashed(seed, (batch, *size, channels))
    filters = hashed(seed + 1, (3, 3, channels // groups, out_channels))
    if per_group:
        order = list(range(out_channels))
        dilations = [(h, w) for h, w, count in pattern for _ in range(count)]
    else:
        order, dilations = official_order(pattern, groups)
    xt = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous().requires_grad_()
    weight = torch.empty(out_channels, channels // groups, 3, 3)
    weight[order] = torch.from_numpy(filters).permute(3, 2, 0, 1)
    weight.requires_grad_()
    y = (run_per_group if per_group else run_official)(xt, weight, pattern, stride, groups)
    # Channels in the operator's order from here on.
    y = y[:, order].permute(0, 2, 3, 1)
    y.backward(torch.from_numpy(hashed(seed + 2, tuple(y.shape))))
    dfilter = weight.grad[order].permute(2, 3, 1, 0).contiguous().numpy()
    dx = xt.grad.permute(0, 2, 3, 1).contiguous().numpy()
    y = y.detach().contiguous().numpy()
    tensors = {
        f"{name}/dilations": np.array(dilations, np.uint8),
        f"{name}/y": sampled(y),
        f"{name}/y_projected": projected(y, seed + 3),
        f"{name}/dx": dx if dx.size < 1000 else sampled(dx),
        f"{name}/dfilter": sampled(dfilter),
        f"{name}/dfilter_projected": projected(dfilter, seed + 4),
    }
    scale = {"y": float(np.abs(y).max()), "dx": float(np.abs(dx).max()), "dfilter": float(np.abs(dfilter).max())}
    case = {"name": name, "seed": seed, "batch": batch, "height": size[0], "width": size[1], "channels": channels}
    return tensors, case | {"outChannels": out_channels, "stride": stride, "groups": groups, "scale": scale}


def main(zoo: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(2)
    tensors, cases, seed = {}, [], 1

    def add(name, pattern, per_group=False, **shape):
        nonlocal seed
        made, case = make_case(name, seed, pattern, per_group, **shape)
        tensors.update(made)
        cases.append(case)
        seed += 5

    for file in FILES:
        layers = [branches(counts) for counts in json.loads((zoo / f"{file}.json").read_text())]
        for index, pattern in enumerate(layers):
            shape = {"batch": 1 + index % 3, "size": MAPS[index % len(MAPS)], "stride": 1 + index % 2}
            groups = 32 if file == PER_GROUP else 1
            channels = 64 if groups == 32 else 2
            add(f"{file}/{index}", pattern, file == PER_GROUP, channels=channels, groups=groups, **shape)
        if file != PER_GROUP:
            # The first layer with all its input channels, and with twice its counts in two groups.
            add(f"{file}/0 whole", layers[0], batch=1, size=(9, 11), channels=64, stride=1, groups=1)
            doubled = [(h, w, 2 * count) for h, w, count in layers[0]]
            for stride in (1, 2):
                add(f"{file}/0 groups s{stride}", doubled, batch=2, size=(8, 7), channels=6, stride=stride, groups=2)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    target = FIXTURES / "inception-conv2d.safetensors"
    safetensors.numpy.save_file(tensors, target)
    manifest = {
        "script": "tooling/reference/make_inception_conv.py",
        "source": "github.com/yifan123/IC-Conv, pattern_zoo: published channel counts",
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "tolerance": {"forward": 1e-5, "gradient": 1e-4},
        "sha256": {target.name: hashlib.sha256(target.read_bytes()).hexdigest()},
        "cases": cases,
    }
    text = json.dumps(manifest, indent=1)
    text = re.sub(r"\{\s+\"name\"[^}]*\{[^}]*\}\s*\}", lambda m: re.sub(r"\s+", " ", m.group(0)), text)
    (FIXTURES / "manifest.json").write_text(text + "\n")
    print(f"{len(cases)} cases, {target.stat().st_size / 1e6:.2f} MB")


main(Path(sys.argv[1]))
