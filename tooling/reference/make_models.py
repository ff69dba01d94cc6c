"""Golden fixtures of the backbones: features, batch norm statistics and gradients, from torch and torchvision in float64.

Models are torchvision's, and networks made from them by replacing convolutions: with inception convolutions of the official layer's
semantics (one convolution for each dilation with a non-zero count, joined on channels; for ResNeXt a branch takes whole groups), or
with super-kernels. Weights and inputs are not stored: script and tests make the same float32 values from a hash of name and index.
Of each result are stored: every n-th element (float32), its product with a hashed vector (float64), which any wrong element changes,
and its largest magnitude (float64). Training has biases of its own, which keep values away from the kink of ReLU: there rounding decides
whether a gradient passes, so that float32 differs from float64 by percents in any implementation. The manifest also tells how far torch itself comes from these numbers in float32.

    python tooling/reference/make_models.py path/to/pattern-zoo
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
import torchvision
from torch import nn
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool, LastLevelP6P7

FIXTURES = Path(__file__).parents[2] / "packages/models/test/golden/fixtures"
BATCH, HEIGHT, WIDTH, CLASSES = 3, 65, 81, 10
SAMPLES = 24
FEATURES = ["c2", "c3", "c4", "c5", "logits"]


def hashed(name: str, shape) -> np.ndarray:
    """Float32 multiples of 2^-23 in [-1, 1): a hash of the element's index, moved by the FNV-1a hash of the name."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float64) / 2**23 - 1).astype(np.float32).reshape(shape)


def initial(name: str, shape, last="bn3", training=False) -> np.ndarray:
    """The value of a weight in TensorFlow's layout: filters of variance 2/fan-in, blocks that add a third of their result.

    `last`: a block's last batch norm. For training the shortcuts stay above the kink of ReLU, and the inner channels of blocks mostly
    above or below it: not wholly, lest the next batch norm takes the biases out and leaves nothing of their gradient."""
    if training and name.endswith("downsample.1.bias"):
        return np.full(shape, 5, np.float32)
    if training and re.search(r"layer\d\.\d+\.bn\d\.bias$", name) and f".{last}." not in name:
        distance = np.float32(3 if ".bn2." in name else 3.5)
        return np.where(hashed(name, shape) < -0.5, -distance, distance)
    if len(shape) == 4:
        scale, offset = np.sqrt(6 / np.prod(shape[:3])), 0
    elif len(shape) == 2:
        scale, offset = np.sqrt(3 / shape[0]), 0
    elif name.endswith("running_var"):
        scale, offset = 0.5, 1
    elif name.endswith(f".{last}.weight"):
        scale, offset = 0.1, 0.3
    elif re.search(r"(bn\d|downsample\.1)\.weight$", name):
        scale, offset = 0.25, 1
    else:
        scale, offset = 0.1, 0
    return hashed(name, shape) * np.float32(scale) + np.float32(offset)


class Inception(nn.Module):
    """`branches`: (dH, dW, count) with a count of output channels, or of groups where `groups` is above 1."""

    def __init__(self, conv: nn.Conv2d, branches):
        super().__init__()
        self.groups, self.branches = conv.groups, branches
        share = conv.out_channels // conv.groups if conv.groups > 1 else 1
        inputs = conv.in_channels // conv.groups
        assert sum(count for *_, count in branches) * share == conv.out_channels
        self.conv_list = nn.ModuleList(
            nn.Conv2d(
                inputs * count if conv.groups > 1 else inputs,
                count * share,
                conv.kernel_size,
                conv.stride,
                padding=(height, width),
                dilation=(height, width),
                groups=count if conv.groups > 1 else 1,
                bias=False,
            )
            for height, width, count in branches
        )

    def forward(self, x):
        parts = [x] * len(self.conv_list)
        if self.groups > 1:
            parts = torch.split(x, [conv.in_channels for conv in self.conv_list], 1)
        return torch.cat([conv(part) for conv, part in zip(self.conv_list, parts)], 1)


def patterns(zoo: Path, file: str):
    for counts in json.loads((zoo / f"{file}.json").read_text()):
        found = []
        for key, count in counts.items():
            i, j = map(int, re.findall(r"\d+", key))
            if count:
                found.append((i + 1, j + 1, count))
        yield found


def build(zoo: Path, arch: str, file=None, layers=("conv2",), size=None, caffe=False):
    if arch == "resnext101_32x4d":
        resnet = torchvision.models.resnet
        model = resnet.ResNet(resnet.Bottleneck, [3, 4, 23, 3], CLASSES, groups=32, width_per_group=4)
    else:
        model = getattr(torchvision.models, arch)(weights=None, num_classes=CLASSES)
    pattern = patterns(zoo, file) if file else None
    for stage in [model.layer1, model.layer2, model.layer3, model.layer4]:
        for block in stage:
            if caffe:
                block.conv1.stride, block.conv2.stride = block.conv2.stride, (1, 1)
            for layer in layers:
                conv = getattr(block, layer)
                if pattern:
                    setattr(block, layer, Inception(conv, next(pattern)))
                if size:
                    made = nn.Conv2d(conv.in_channels, conv.out_channels, size, conv.stride, size // 2, bias=False)
                    setattr(block, layer, made)
    return model


def joined(entries: dict) -> dict:
    """Tensors by our names and in TensorFlow's layout; the branches of a layer side by side."""
    result = {}
    for name, value in entries.items():
        if name.endswith("num_batches_tracked"):
            continue
        result.setdefault(re.sub(r"conv_list\.\d+\.", "", name), []).append(value)
    layouts = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
    return {name: torch.cat(parts).permute(layouts[parts[0].dim()]) for name, parts in result.items()}


@torch.no_grad()
def fill(model: nn.Module, value_of) -> None:
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    whole = {name: value_of(name, tuple(value.shape)) for name, value in joined(state).items()}
    first = {}
    for name, value in state.items():
        key = re.sub(r"conv_list\.\d+\.", "", name)
        start = first.get(key, 0)
        axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[value.dim()]
        made = torch.from_numpy(whole[key]).permute(axes)
        value.copy_(made[start : start + value.shape[0]])
        first[key] = start + value.shape[0]


def features(model, x):
    found = {}
    y = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    for name, stage in zip(FEATURES, [model.layer1, model.layer2, model.layer3, model.layer4]):
        y = found[name] = stage(y)
    found["logits"] = model.fc(torch.flatten(model.avgpool(y), 1))
    return found


def nhwc(value):
    return value.permute(0, 2, 3, 1) if value.dim() == 4 else value


def run(model, last, dtype):
    """All results by name, in our layout."""
    results = {}
    fill(model, lambda name, shape: initial(name, shape, last))
    model.to(dtype)
    image = torch.from_numpy(hashed("image", (BATCH, HEIGHT, WIDTH, 3))).permute(0, 3, 1, 2).to(dtype).contiguous()
    model.eval()
    with torch.no_grad():
        results |= {f"eval/{name}": nhwc(value) for name, value in features(model, image).items()}
    fill(model, lambda name, shape: initial(name, shape, last, training=True))
    model.train()
    image.requires_grad_()
    outputs = features(model, image)
    loss = 0
    for name, value in outputs.items():
        value = nhwc(value)
        results[f"train/{name}"] = value.detach()
        loss = loss + (value * torch.from_numpy(hashed(f"loss/{name}", tuple(value.shape))).to(dtype)).mean()
    loss.backward()
    statistics = {name: value for name, value in model.state_dict().items() if "running_" in name}
    results |= {f"statistics/{name}": value for name, value in joined(statistics).items()}
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    results |= {f"gradient/{name}": value for name, value in joined(gradients).items()}
    results["gradient/image"] = nhwc(image.grad)
    return {name: value.detach().to(torch.float64).contiguous().numpy() for name, value in results.items()}


def pyramid(extra, sizes, channels, dtype):
    fpn = FeaturePyramidNetwork(channels, 16, extra_blocks=extra)
    fill(fpn, lambda name, shape: initial(f"fpn/{name}", shape))
    fpn.to(dtype)
    inputs = {}
    for i, (size, depth) in enumerate(zip(sizes, channels)):
        value = torch.from_numpy(hashed(f"fpn/c{i + 2}", (2, *size, depth))).permute(0, 3, 1, 2)
        inputs[str(i)] = value.to(dtype).contiguous().requires_grad_()
    outputs = fpn(inputs)
    results, loss = {}, 0
    for i, value in enumerate(outputs.values()):
        value = nhwc(value)
        results[f"p{i + 2}"] = value
        loss = loss + (value * torch.from_numpy(hashed(f"loss/p{i + 2}", tuple(value.shape))).to(dtype)).mean()
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in fpn.named_parameters()}
    results |= {f"gradient/{name}": value for name, value in joined(gradients).items()}
    results |= {f"gradient/c{int(name) + 2}": nhwc(value.grad) for name, value in inputs.items()}
    return {name: value.detach().to(torch.float64).contiguous().numpy() for name, value in results.items()}


def worst(found: dict, exact: dict, prefix: str) -> float:
    errors = [
        np.abs(found[name] - value).max() / np.abs(value).max() for name, value in exact.items() if name.startswith(prefix)
    ]
    return float(f"{max(errors):.2g}")


def store(tensors: dict, case: str, results: dict) -> None:
    """All results of a case in two arrays: the samples one after the other, and projection and magnitude of each."""
    samples, numbers, names = [], [], []
    for name in sorted(results):
        flat = results[name].reshape(-1)
        samples.append(flat[:: max(1, flat.size // SAMPLES)][:SAMPLES])
        numbers.append([hashed(f"projection/{name}", flat.size).astype(np.float64) @ flat, np.abs(flat).max()])
        names.append(name)
    tensors[f"{case}/samples"] = np.concatenate(samples).astype(np.float32)
    tensors[f"{case}/numbers"] = np.array(numbers, np.float64)


def inception(pattern: str, **rest):
    return {"conv": {"kind": "inception", "pattern": pattern, **rest}}


def main(zoo: Path) -> None:
    torch.set_num_threads(2)
    resnext = {"groups": 32, "groupWidth": 4}
    models = {
        "resnet18": ({"depth": 18}, ["resnet18"]),
        "resnet50": ({"depth": 50}, ["resnet50"]),
        "resnet101": ({"depth": 101}, ["resnet101"]),
        "resnext50_32x4d": ({"depth": 50, **resnext}, ["resnext50_32x4d"]),
        "resnet50 caffe": ({"depth": 50, "stridePlacement": "caffe"}, ["resnet50"], {"caffe": True}),
        "ic-resnet50 k9": (
            {"depth": 50, **inception("detection/ic-resnet50-k9")},
            ["resnet50", "detection_ic_resnet50_k9"],
        ),
        "ic-resnet101 k9": (
            {"depth": 101, **inception("detection/ic-resnet101-k9")},
            ["resnet101", "detection_ic_resnet101_k9"],
        ),
        "ic-resnet50 k13": (
            {"depth": 50, **inception("pose/ic-resnet50-k13")},
            ["resnet50", "human_pose_ic_resnet50_k13"],
        ),
        "ic-resnet101 k13": (
            {"depth": 101, **inception("pose/ic-resnet101-k13")},
            ["resnet101", "human_pose_ic_resnet101_k13"],
        ),
        "ic-resnext101_32x4d k9": (
            {"depth": 101, **resnext, **inception("detection/ic-resnext101-32x4d-k9")},
            ["resnext101_32x4d", "detection_ic_resnext101_32x4d_k9"],
        ),
        "resnet18 super 9": (
            {"depth": 18, "conv": {"kind": "super", "size": 9, "layers": ["layer*.*.conv1", "layer*.*.conv2"]}},
            ["resnet18"],
            {"layers": ("conv1", "conv2"), "size": 9},
        ),
    }
    tensors, cases, pyramids = {}, [], []
    for name, (config, args, *rest) in models.items():
        made = []
        for dtype in [torch.float64, torch.float32]:
            model = build(zoo, *args, **(rest[0] if rest else {}))
            made.append(run(model, "bn3" if config["depth"] >= 50 else "bn2", dtype))
        exact, single = made
        store(tensors, name, exact)
        parts = ["eval", "train", "statistics", "gradient"]
        error = {part: worst(single, exact, part + "/") for part in parts}
        cases.append({"name": name, "config": config | {"classes": CLASSES}, "torchFloat32Error": error})
        print(f"{name:24}{error}", flush=True)
    sizes, channels = [(25, 17), (13, 9), (7, 5), (4, 3)], [8, 12, 16, 24]
    for name, extra in {
        "pool": LastLevelMaxPool(),
        "c5": LastLevelP6P7(24, 16),
        "p5": LastLevelP6P7(16, 16),
    }.items():
        store(tensors, f"fpn {name}", pyramid(extra, sizes, channels, torch.float64))
        pyramids.append({"name": f"fpn {name}", "extra": name, "sizes": sizes, "inChannels": channels, "channels": 16})
    FIXTURES.mkdir(parents=True, exist_ok=True)
    target = FIXTURES / "models.safetensors"
    safetensors.numpy.save_file(tensors, target)
    manifest = {
        "script": "tooling/reference/make_models.py",
        "source": "torchvision.models; github.com/yifan123/IC-Conv, pattern_zoo: published channel counts",
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
        "sha256": {target.name: hashlib.sha256(target.read_bytes()).hexdigest()},
        "tolerance": {"features": 1e-4, "statistics": 1e-3, "gradient": 1e-3},
        "image": [BATCH, HEIGHT, WIDTH, 3],
        "samples": SAMPLES,
        "models": cases,
        "pyramids": pyramids,
    }
    (FIXTURES / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
