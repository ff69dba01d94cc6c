"""Fixture of a Cascade Mask R-CNN's second stage, written here after mmdetection's definition (mmdet/models/roi_heads/cascade_roi_head.py,
configs/_base_/models/cascade_mask_rcnn_r50_fpn.py) with torch: detections and masks of given features and proposals, losses, gradients.

The stages' boxes are moved in one way for all classes, cut at the picture, and taken as given by the next stage. Class logits are averaged
over the stages, detectron2's averaged probabilities are a second result. Each stage has a mask head, whose probabilities are averaged.
Everything that could be sampled is.

Writes packages/detection/test/golden/fixtures/cascade.safetensors and cascade-manifest.json.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from make_masks import counts_of
from make_models import hashed, initial
from pycocotools import mask as coco
from safetensors.torch import save_file
from torch.nn import functional as F
from torchvision.ops import batched_nms, box_iou, roi_align

OUT = Path(__file__).parents[2] / "packages/detection/test/golden/fixtures"
SEED = 5
HEIGHT, WIDTH, CHANNELS, HIDDEN, CLASSES = 128, 160, 16, 32, 5
SIZES = [(120, 160), (128, 140)]
STDS = [(0.1, 0.1, 0.2, 0.2), (0.05, 0.05, 0.1, 0.1), (0.033, 0.033, 0.067, 0.067)]
IOUS = [0.5, 0.6, 0.7]
LOSS_WEIGHTS = [1, 0.5, 0.25]
FACTORS = {"cls_score": 0.6, "bbox_pred": 0.4, "mask_fcn_logits": 0.5}
GRADIENTS = [
    "roi_heads.box_head.0.fc6",
    "roi_heads.box_head.1.fc7",
    "roi_heads.box_head.2.fc6",
    "roi_heads.box_predictor.0.bbox_pred",
    "roi_heads.box_predictor.2.cls_score",
    "roi_heads.mask_head.0.0.0",
    "roi_heads.mask_predictor.1.conv5_mask",
    "roi_heads.mask_predictor.2.mask_fcn_logits",
]
weights: dict[str, torch.Tensor] = {}


def weight(name: str, *shape) -> tuple[torch.Tensor, torch.Tensor]:
    """In TensorFlow's layout, of a seeded hash of the name, with a bias."""
    for part, size in (("weight", shape), ("bias", (shape[2 if "conv5_mask" in name else -1],))):
        key = f"{name}.{part}"
        if key not in weights:
            factor = next((f for k, f in FACTORS.items() if k in name and part == "weight"), 1)
            weights[key] = torch.from_numpy(initial(key, size) * np.float32(factor)).requires_grad_(True)
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def linear(x, name: str, out: int) -> torch.Tensor:
    matrix, bias = weight(name, x.shape[1], out)
    return x @ matrix + bias


def box_head(pooled, stage: int):
    # Rows, columns, channels, as the weights count.
    x = pooled.permute(0, 2, 3, 1).flatten(1)
    for layer in ("fc6", "fc7"):
        x = F.relu(linear(x, f"roi_heads.box_head.{stage}.{layer}", HIDDEN))
    predictor = f"roi_heads.box_predictor.{stage}"
    return linear(x, f"{predictor}.cls_score", CLASSES + 1), linear(x, f"{predictor}.bbox_pred", 4)


def mask_head(x, stage: int) -> torch.Tensor:
    for layer in range(2):
        filter, bias = weight(f"roi_heads.mask_head.{stage}.{layer}.0", 3, 3, x.shape[1], HIDDEN)
        x = F.relu(F.conv2d(x, filter.permute(3, 2, 0, 1), bias, padding=1))
    predictor = f"roi_heads.mask_predictor.{stage}"
    filter, bias = weight(f"{predictor}.conv5_mask", 2, 2, HIDDEN, HIDDEN)
    x = F.relu(F.conv_transpose2d(x, filter.permute(3, 2, 0, 1), bias, stride=2))
    filter, bias = weight(f"{predictor}.mask_fcn_logits", 1, 1, HIDDEN, CLASSES)
    return F.conv2d(x, filter.permute(3, 2, 0, 1), bias)


def pool(features, boxes: list[torch.Tensor], size: int) -> torch.Tensor:
    rois = torch.cat([torch.cat([torch.full((len(own), 1), float(i)), own], 1) for i, own in enumerate(boxes)])
    side = ((rois[:, 3] - rois[:, 1]) * (rois[:, 4] - rois[:, 2])).sqrt()
    levels = torch.floor(torch.log2(side / 56 + 1e-6)).clamp(0, 3)
    out = torch.zeros(len(rois), CHANNELS, size, size)
    for level, feature in enumerate(features):
        own = torch.where(levels == level)[0]
        out = out.index_put((own,), roi_align(feature, rois[own], size, 1 / 2 ** (level + 2), 0, True))
    return out


def centres(boxes):
    return (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]


def decode(deltas, boxes, stage: int, image: int) -> torch.Tensor:
    deltas = deltas * torch.tensor(STDS[stage])
    centre, size = centres(boxes)
    limit = abs(np.log(16 / 1000))
    centre, size = centre + deltas[:, :2] * size, size * deltas[:, 2:].clamp(-limit, limit).exp()
    moved = torch.cat([centre - size / 2, centre + size / 2], 1)
    height, width = SIZES[image]
    return torch.min(moved.clamp(min=0), torch.tensor([width, height, width, height], dtype=torch.float32))


def encode(targets, boxes, stage: int) -> torch.Tensor:
    (to, to_size), (at, size) = centres(targets), centres(boxes)
    return torch.cat([(to - at) / size, (to_size / size).log()], 1) / torch.tensor(STDS[stage])


def split(values, boxes):
    return values.split([len(own) for own in boxes])


def detect(features, proposals) -> dict:
    boxes, logits = proposals, []
    for stage in range(3):
        scores, deltas = box_head(pool(features, boxes, 7), stage)
        logits.append(scores)
        refined = [decode(d, own, stage, i) for i, (d, own) in enumerate(zip(split(deltas, boxes), boxes))]
        if stage < 2:
            boxes = refined
    probabilities = {
        "logits": (sum(logits) / 3).softmax(1),
        "probabilities": sum(one.softmax(1) for one in logits) / 3,
    }
    t = {}
    for average, scores in probabilities.items():
        kept_boxes, kept_labels = [], []
        for i, (own, score) in enumerate(zip(refined, split(scores, boxes))):
            # The background comes last.
            flat, labels = score[:, :CLASSES].reshape(-1), torch.arange(CLASSES).repeat(len(own))
            candidates = own.repeat_interleave(CLASSES, 0)
            sure = torch.where(flat > 0.05)[0]
            kept = sure[batched_nms(candidates[sure], flat[sure], labels[sure], 0.5)][:20]
            t[f"{average}.{i}.boxes"], t[f"{average}.{i}.scores"] = candidates[kept], flat[kept]
            t[f"{average}.{i}.labels"] = labels[kept].to(torch.int32)
            kept_boxes.append(candidates[kept])
            kept_labels.append(labels[kept])
        pooled, labels = pool(features, kept_boxes, 14), torch.cat(kept_labels)
        maps = sum(mask_head(pooled, stage).sigmoid() for stage in range(3)) / 3
        t[f"{average}.masks"] = maps[torch.arange(len(labels)), labels].reshape(-1)[::37]
    return t


def losses(features, proposals, truths, labels, bitmaps) -> torch.Tensor:
    total = torch.zeros(3)
    boxes = proposals
    for stage in range(3):
        all_boxes, all_labels, targets, positive, own_truths, proposed = [], [], [], [], [], []
        for own, truth, label in zip(boxes, truths, labels):
            candidates = torch.cat([own, truth])
            iou, index = box_iou(truth, candidates).max(0)
            foreground = iou >= IOUS[stage]
            all_boxes.append(candidates)
            all_labels.append(torch.where(foreground, label[index], torch.tensor(CLASSES)))
            targets.append(encode(truth[index], candidates, stage)[foreground])
            positive.append(foreground)
            own_truths.append(index[foreground])
            proposed.append(torch.arange(len(candidates)) < len(own))
        scores, deltas = box_head(pool(features, all_boxes, 7), stage)
        foreground = torch.cat(positive)
        classification = F.cross_entropy(scores, torch.cat(all_labels))
        box = F.smooth_l1_loss(deltas[foreground], torch.cat(targets), reduction="sum", beta=1.0) / len(scores)
        regions = [own[chosen] for own, chosen in zip(all_boxes, positive)]
        wanted = []
        for own, index, maps in zip(regions, own_truths, bitmaps):
            rois = torch.cat([index[:, None].float(), own], 1)
            wanted.append(roi_align(maps[:, None], rois, 28, 1.0, 0, True)[:, 0] >= 0.5)
        maps = mask_head(pool(features, regions, 14), stage)
        chosen = maps[torch.arange(len(maps)), torch.cat(all_labels)[foreground]]
        mask = F.binary_cross_entropy_with_logits(chosen, torch.cat(wanted).float())
        total = total + LOSS_WEIGHTS[stage] * torch.stack([classification, box, mask])
        with torch.no_grad():
            moved = [decode(d, own, stage, i) for i, (d, own) in enumerate(zip(split(deltas, all_boxes), all_boxes))]
            boxes = [own[rows] for own, rows in zip(moved, proposed)]
    return total


def main() -> None:
    rng = np.random.default_rng(SEED)
    features, proposals, truths, labels, bitmaps, t = [], [], [], [], [], {}
    for level in range(4):
        side = 2 ** (level + 2)
        shape = (2, HEIGHT // side, WIDTH // side, CHANNELS)
        features.append(torch.from_numpy(hashed(f"features/{level}", shape).transpose(0, 3, 1, 2).copy()).requires_grad_(True))
    for i, (height, width) in enumerate(SIZES):
        xy = rng.uniform(0, 0.5, (3 - i, 2)) * [width, height]
        truth = np.concatenate([xy, xy + rng.uniform(0.25, 0.5, (3 - i, 2)) * [width, height]], 1)
        near = np.repeat(truth, 8, 0) + rng.normal(0, 6, (8 * len(truth), 4))
        far = rng.uniform(0, 0.6, (10, 2)) * [width, height]
        own = np.concatenate([near, np.concatenate([far, far + rng.uniform(10, 50, (10, 2))], 1)])
        own = np.clip(own, 0, [width, height, width, height])
        proposals.append(torch.tensor(own, dtype=torch.float32))
        truths.append(torch.tensor(truth, dtype=torch.float32))
        labels.append(torch.from_numpy(rng.integers(0, CLASSES, len(truth))))
        triangles = [[x1, y1, x2, (y1 + y2) / 2, x1, y2] for x1, y1, x2, y2 in truth]
        own_bitmaps = np.stack([coco.decode(coco.frPyObjects([points], height, width)[0]) for points in triangles])
        bitmaps.append(torch.from_numpy(own_bitmaps).float())
        runs = [counts_of(bitmap) for bitmap in own_bitmaps]
        t[f"{i}.proposals"], t[f"{i}.truths"] = proposals[-1], truths[-1]
        t[f"{i}.classes"] = labels[-1].to(torch.int32)
        t[f"{i}.counts"] = torch.tensor([run for one in runs for run in one], dtype=torch.int32)
        t[f"{i}.lengths"] = torch.tensor([len(one) for one in runs], dtype=torch.int32)
    with torch.no_grad():
        t.update(detect(features, proposals))
    parts = losses(features, proposals, truths, labels, bitmaps)
    parts.sum().backward()
    t["losses"] = parts.detach()
    t["gradient.features"] = features[0].grad.permute(0, 2, 3, 1).reshape(-1)[::29].clone()
    for name in GRADIENTS:
        t[f"gradient.{name}.weight"] = weights[f"{name}.weight"].grad.reshape(-1)[::7].clone()
    file = OUT / "cascade.safetensors"
    save_file({name: value.detach().contiguous() for name, value in t.items()}, file)
    file.chmod(0o644)
    manifest = {
        "script": "tooling/reference/make_cascade_rcnn.py",
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "seed": SEED,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "tolerance": "boxes 0.01 px, scores and masks 1e-4, losses 1e-4 relative, gradients 1e-3 relative",
    }
    (OUT / "cascade-manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
