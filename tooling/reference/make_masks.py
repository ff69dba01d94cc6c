"""Golden fixtures of masks: pasting into pictures, and crops of ground truth to regions.

Pasting: torchvision's `paste_masks_in_image`, and the sampling that detectron2 and mmdetection do, written here after their definition
with torch's `grid_sample`. Run lengths are pycocotools'. Crops: pycocotools' rasterisation of polygons and run lengths, then torchvision's
`roi_align`, legacy as torchvision's Mask R-CNN has it, and half-pixel with a threshold as mmdetection.

    python tooling/reference/make_masks.py
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torchvision
from pycocotools import mask as coco
from safetensors.torch import save_file
from torchvision.models.detection.roi_heads import paste_masks_in_image
from torchvision.ops import roi_align

PACKAGES = Path(__file__).parents[2] / "packages"
SEED = 11
HEIGHT, WIDTH, SIDE = 97, 130, 28
MASKS = 24
CROPS = 500
CROP_SIDE = 7
PICTURE = 61, 83


def smooth_masks(generator) -> torch.Tensor:
    """Blobs, with values on both sides of the threshold and near it."""
    coarse = torch.rand(MASKS, 1, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic").clamp(0, 1)


def boxes_across(rng) -> np.ndarray:
    """Inside, across the borders, thin, on whole pixels, wider than the picture."""
    x, y = rng.uniform(-15, WIDTH - 3, MASKS), rng.uniform(-15, HEIGHT - 3, MASKS)
    boxes = np.stack([x, y, x + rng.uniform(2, 90, MASKS), y + rng.uniform(2, 90, MASKS)], 1)
    boxes[0] = [0, 0, WIDTH, HEIGHT]
    boxes[1] = [10, 5, 10.4, 60]
    boxes[2] = [-20, -20, WIDTH + 30, HEIGHT + 30]
    boxes[3:8] = np.round(boxes[3:8])
    # torchvision pastes none that lies wholly outside.
    boxes[:, 2:] = np.maximum(boxes[:, 2:], 3)
    return boxes.astype(np.float32)


def sampled_paste(masks, boxes) -> torch.Tensor:
    """Each pixel's centre relative to the box, in [-1, 1], and the mask there, zeros around it."""
    x0, y0, x1, y1 = torch.split(boxes, 1, dim=1)
    y = (torch.arange(HEIGHT, dtype=torch.float32) + 0.5 - y0) / (y1 - y0) * 2 - 1
    x = (torch.arange(WIDTH, dtype=torch.float32) + 0.5 - x0) / (x1 - x0) * 2 - 1
    count = len(boxes)
    grid = torch.stack([x[:, None, :].expand(count, HEIGHT, WIDTH), y[:, :, None].expand(count, HEIGHT, WIDTH)], 3)
    return torch.nn.functional.grid_sample(masks, grid, align_corners=False)[:, 0]


def counts_of(bitmap) -> list[int]:
    flat = np.asarray(bitmap, dtype=np.uint8).T.reshape(-1)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *edges, len(flat)]).tolist()
    return ([0] if flat[0] else []) + runs


def paste_fixture() -> dict:
    generator = torch.Generator().manual_seed(SEED)
    masks, boxes = smooth_masks(generator), torch.from_numpy(boxes_across(np.random.default_rng(SEED)))
    pasted = {
        "torchvision": paste_masks_in_image(masks, boxes, (HEIGHT, WIDTH))[:, 0] > 0.5,
        "detectron2": sampled_paste(masks, boxes) >= 0.5,
    }
    tensors = {"probabilities": masks[:, 0].contiguous(), "boxes": boxes}
    for name, bitmaps in pasted.items():
        runs = [counts_of(bitmap) for bitmap in bitmaps.numpy()]
        tensors[f"{name}/counts"] = torch.tensor([run for one in runs for run in one], dtype=torch.int32)
        tensors[f"{name}/lengths"] = torch.tensor([len(one) for one in runs], dtype=torch.int32)
    return tensors


def objects(rng) -> list:
    """Polygons of one part and several, with corners on the grid and beyond the picture; run lengths of both kinds."""
    height, width = PICTURE
    out = []
    for i in range(CROPS):
        parts = []
        for _ in range(1 + int(rng.integers(0, 3)) * (i % 3 == 0)):
            centre, radius = rng.random(2) * [width, height], rng.uniform(3, 30)
            angles = np.sort(rng.random(int(rng.integers(3, 12)))) * 2 * np.pi
            points = centre + radius * rng.uniform(0.4, 1, (len(angles), 1)) * np.stack([np.cos(angles), np.sin(angles)], 1)
            parts.append([round(float(v), 0 if i % 7 == 0 else 2) for v in points.reshape(-1)])
        rle = coco.merge(coco.frPyObjects(parts, height, width))
        if i % 5 == 0:
            out.append({"size": [height, width], "counts": rle["counts"].decode()})
        elif i % 5 == 1:
            out.append({"size": [height, width], "counts": counts_of(coco.decode(rle))})
        else:
            out.append(parts)
    return out


def crops_fixture(segmentations, rng) -> dict:
    height, width = PICTURE
    tensors = {}
    rois = np.zeros((CROPS, 4), np.float32)
    bitmaps = []
    for i, segmentation in enumerate(segmentations):
        if isinstance(segmentation, list):
            rle = coco.merge(coco.frPyObjects(segmentation, height, width))
        elif isinstance(segmentation["counts"], list):
            rle = coco.frPyObjects(segmentation, height, width)
        else:
            rle = {"size": segmentation["size"], "counts": segmentation["counts"].encode()}
        bitmaps.append(coco.decode(rle))
        x, y, w, h = coco.toBbox(rle)
        jitter = rng.uniform(-0.3, 0.3, 4) * max(w, h, 4)
        rois[i] = np.array([x, y, x + w, y + h]) + jitter
        if i % 50 == 0:
            rois[i] = [-10, -10, width + 10, height + 10]
        rois[i, 2:] = np.maximum(rois[i, 2:], rois[i, :2] + 1)
    images = torch.from_numpy(np.stack(bitmaps)).float()[:, None]
    indexed = torch.cat([torch.arange(CROPS)[:, None].float(), torch.from_numpy(rois)], 1)
    tensors["rois"] = torch.from_numpy(rois)
    tensors["legacy"] = roi_align(images, indexed, CROP_SIDE, 1.0, -1, False)[:, 0].contiguous()
    binary = roi_align(images, indexed, CROP_SIDE, 1.0, 0, True)[:, 0] >= 0.5
    tensors["binary"] = binary.to(torch.int32)
    large = torch.arange(0, CROPS, 50)
    tensors["legacy28"] = roi_align(images, indexed[large], 28, 1.0, -1, False)[:, 0].contiguous()
    return tensors


def write(folder: Path, name: str, tensors: dict, extra: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file(tensors, file)
    file.chmod(0o644)
    manifest = {
        "script": "tooling/reference/make_masks.py",
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "pycocotools": version("pycocotools"),
        "seed": SEED,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **extra,
    }
    (folder / f"{name}.json").write_text(json.dumps(manifest) + "\n")


def main() -> None:
    write(PACKAGES / "tensor-ops/test/masks/fixtures", "paste-masks", paste_fixture(), {"height": HEIGHT, "width": WIDTH})
    rng = np.random.default_rng(SEED)
    segmentations = objects(rng)
    write(
        PACKAGES / "detection/test/golden/fixtures",
        "mask-crops",
        crops_fixture(segmentations, rng),
        {"height": PICTURE[0], "width": PICTURE[1], "tolerance": 1e-6, "segmentations": segmentations},
    )


if __name__ == "__main__":
    main()
