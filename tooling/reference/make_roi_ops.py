"""Golden fixtures of roiAlign and batchedNms: what torchvision's CPU operators give.

Feature maps and output gradients are not stored: tests and script make them from the same integer hash. Stored are RoIs, outputs and
map gradients of RoIAlign, in the operator's layouts (NHWC; [R, PH, PW, C]); boxes, scores, groups and kept indices of NMS.

    python tooling/reference/make_roi_ops.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
import torchvision
from torchvision.ops import nms, roi_align

TESTS = Path(__file__).parents[2] / "packages/tensor-ops/test"
SEED = 7


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


def make_rois(rng, count: int, images: int, width: float, height: float) -> np.ndarray:
    """Inside, across the border, far outside, without area, inverted, on whole pixels, and the whole image."""
    x1, y1 = rng.uniform(-0.3, 1, count) * width, rng.uniform(-0.3, 1, count) * height
    rois = np.stack([x1, y1, x1 + rng.uniform(0, 0.8, count) * width, y1 + rng.uniform(0, 0.8, count) * height], 1)
    rois[0] = [0, 0, width, height]
    rois[1] = [5 * width, 5 * height, 6 * width, 6 * height]
    rois[2, 2:] = rois[2, :2]
    rois[3, 2:] = rois[3, :2] - 3
    rois[4:8] = np.round(rois[4:8])
    rois[8] = [-width, -height, 2 * width, 2 * height]
    return np.concatenate([rng.integers(0, images, (count, 1)), rois], 1).astype(np.float32)


def roi_align_fixtures(rng):
    cases, tensors = [], {}
    for ratio in (0, 1, 2, 3):
        for aligned in (True, False):
            for maps, scales in ([[2, 13, 17, 3]], [0.25]), ([[1, 12, 16, 4], [2, 6, 8, 4], [1, 1, 1, 4]], [0.5, 0.25, 0.0625]):
                size = [1, 1] if ratio == 1 else [2, 3]
                name = f"ratio {ratio} {'aligned' if aligned else 'legacy'} {len(maps)} map{'s' * (len(maps) > 1)}"
                seed = 10 * len(cases) + 1
                count = 16
                rois = make_rois(rng, count, 1, maps[0][2] / scales[0], maps[0][1] / scales[0])
                levels = rng.integers(0, len(maps), count).astype(np.int32)
                for r in range(count):
                    rois[r, 0] = r % maps[levels[r]][0]
                dy = hashed(seed, (count, *size, maps[0][3]))
                y = np.zeros_like(dy)
                for level, (shape, scale) in enumerate(zip(maps, scales)):
                    x = torch.from_numpy(hashed(seed + 1 + level, shape)).permute(0, 3, 1, 2).contiguous().requires_grad_()
                    own = levels == level
                    out = roi_align(x, torch.from_numpy(rois[own]), size, scale, ratio, aligned)
                    out.backward(torch.from_numpy(dy[own]).permute(0, 3, 1, 2).contiguous())
                    y[own] = out.detach().permute(0, 2, 3, 1).numpy()
                    tensors[f"{name}/grad{level}"] = x.grad.permute(0, 2, 3, 1).contiguous().numpy()
                tensors |= {f"{name}/rois": rois, f"{name}/levels": levels, f"{name}/y": y}
                cases.append(
                    {"name": name, "seed": seed, "maps": maps, "scales": scales, "outputSize": size, "samplingRatio": ratio}
                    | {"aligned": aligned}
                )
    write("roi-align", tensors, {"tolerance": {"forward": 2e-6, "gradient": 1e-5}, "cases": cases})


def kept(boxes, scores, groups, threshold):
    """torchvision's nms in each group; then by descending score, equal scores by index, as within a group."""
    boxes, scores = torch.from_numpy(boxes), torch.from_numpy(scores)
    found = []
    for group in np.unique(groups):
        members = torch.from_numpy(np.flatnonzero(groups == group))
        found += members[nms(boxes[members], scores[members], threshold)].tolist()
    return np.array(sorted(found, key=lambda i: (-scores[i].item(), i)), np.int32)


def nms_fixtures(rng):
    cases, tensors = [], {}
    for kind in ("spread", "clustered", "whole pixels", "degenerate"):
        count = 400
        if kind == "spread":
            corner, size = rng.uniform(0, 1000, (count, 2)), rng.uniform(5, 150, (count, 2))
        elif kind == "clustered":
            corner = rng.uniform(0, 500, (12, 2))[rng.integers(0, 12, count)] + rng.normal(0, 6, (count, 2))
            size = rng.uniform(40, 60, (count, 2))
        else:
            # Small whole numbers: many IoUs lie exactly on 1/3, 1/2, ...
            corner, size = rng.integers(0, 12, (count, 2)), rng.integers(1, 6, (count, 2))
        boxes = np.concatenate([corner, corner + size], 1).astype(np.float32)
        # Few distinct scores in half of the cases: ties.
        scores = (rng.uniform(0, 1, count) if kind in ("spread", "clustered") else rng.integers(0, 9, count) / 8).astype(np.float32)
        if kind == "degenerate":
            boxes[::7, 2] = boxes[::7, 0]
            boxes[::11, 3] = boxes[::11, 1] - 2
            boxes[::23, 1] = np.nan
            boxes[::29, 2] = np.inf
            boxes[5::37] = boxes[5]
        groups = rng.integers(-2, 6, count).astype(np.int32)
        tensors |= {f"{kind}/boxes": boxes, f"{kind}/scores": scores, f"{kind}/groups": groups}
        for threshold in (0, 0.3, 1 / 3, 0.5, 0.7, 1):
            name = f"{kind} {threshold:.2f}"
            tensors[f"{name}/all"] = kept(boxes, scores, np.zeros(count), threshold)
            tensors[f"{name}/grouped"] = kept(boxes, scores, groups, threshold)
            cases.append({"name": name, "boxes": kind, "iouThreshold": threshold})
    write("nms", tensors, {"tolerance": {"kept": 0}, "cases": cases})


def write(topic: str, tensors, manifest) -> None:
    folder = TESTS / topic / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{topic}.safetensors"
    safetensors.numpy.save_file(tensors, target)
    head = {
        "script": "tooling/reference/make_roi_ops.py",
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__},
        "seed": SEED,
        "sha256": {target.name: hashlib.sha256(target.read_bytes()).hexdigest()},
    }
    lines = ",\n".join(f"    {json.dumps(case)}" for case in manifest.pop("cases"))
    text = json.dumps(head | manifest, indent=2)
    (folder / "manifest.json").write_text(f'{text[:-2]},\n  "cases": [\n{lines}\n  ]\n}}\n')
    print(f"{topic}: {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    roi_align_fixtures(np.random.default_rng(SEED))
    nms_fixtures(np.random.default_rng(SEED))
