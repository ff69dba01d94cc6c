"""Fixtures of whole Faster R-CNNs: torchvision's fasterrcnn_resnet50_fpn and _v2 on hashed weights and images, stage by stage.

Weights and images are made from a hash of their names on both sides (see make_models.py), so that only results are stored.
Writes packages/detection/test/golden/fixtures/{torchvision,torchvision-v2}.safetensors and detector-manifest.json.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from make_models import hashed, initial
from safetensors.torch import save_file
from torchvision.models.detection import _utils as det_utils
from torchvision.models.detection import fasterrcnn_resnet50_fpn, fasterrcnn_resnet50_fpn_v2
from torchvision.models.detection.rpn import concat_box_prediction_layers

OUT = Path(__file__).parents[2] / "packages/detection/test/golden/fixtures"
CLASSES = 5
IMAGES = [(120, 150), (140, 101)]
TRUTHS = [
    [[10, 12, 60, 70], [40, 30, 140, 110], [90, 5, 120, 40]],
    [[5, 20, 90, 130]],
]
LABELS = [[1, 3, 5], [2]]
SIZES = dict(min_size=128, max_size=220)
# No cut before suppression: near-equal scores at a cut could differ in order.
LIMITS = dict(
    rpn_pre_nms_top_n_train=10**5, rpn_pre_nms_top_n_test=10**5, rpn_post_nms_top_n_train=300, rpn_post_nms_top_n_test=300
)
SAMPLES = 512
OUTPUT_FACTORS = {
    "rpn.head.cls_logits": 0.03,
    "rpn.head.bbox_pred": 0.02,
    "roi_heads.box_predictor.cls_score": 0.06,
    "roi_heads.box_predictor.bbox_pred": 0.1,
}


def tensorflow_value(name: str, torch_shape) -> np.ndarray:
    """The value in TensorFlow's layout."""
    shape = tuple(torch_shape)
    if len(shape) == 4:
        shape = (shape[2], shape[3], shape[1], shape[0])
    elif len(shape) == 2:
        shape = (shape[1], shape[0])
    value = initial(name, shape)
    # Batch norms of pyramid and head, which the hash's rules do not know.
    if len(shape) == 1 and name.endswith(".1.weight") and ("fpn" in name or "box_head" in name):
        value = hashed(name, shape) * np.float32(0.25) + np.float32(1)
    # Outputs of the size that trained networks give: unsaturated scores, boxes that move by a fraction of their size.
    for part, factor in OUTPUT_FACTORS.items():
        if name == f"{part}.weight":
            value = value * np.float32(factor)
    return value


def fill(model) -> None:
    for name, target in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        value = tensorflow_value(name, target.shape)
        if target.ndim == 4:
            value = value.transpose(3, 2, 0, 1)
        elif target.ndim == 2:
            value = value.transpose(1, 0)
            if value.shape[1] == 7 * 7 * 256:
                # Our rows, columns, channels to torch's channels, rows, columns.
                value = value.reshape(-1, 7, 7, 256).transpose(0, 3, 1, 2).reshape(value.shape[0], -1)
        target.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def image(index: int) -> torch.Tensor:
    height, width = IMAGES[index]
    # In [0, 1], RGB.
    return torch.from_numpy(((hashed(f"image/{index}", (height, width, 3)) + 1) / 2).transpose(2, 0, 1).copy())


def sample(value: torch.Tensor) -> torch.Tensor:
    """Evenly spread elements of the tensor in our layout (channels last)."""
    flat = (value.permute(0, 2, 3, 1) if value.ndim == 4 else value).detach().reshape(-1)
    return spread(flat)


def spread(flat: torch.Tensor) -> torch.Tensor:
    count = min(SAMPLES, len(flat))
    return flat[[i * (len(flat) - 1) // max(1, count - 1) for i in range(count)]].clone()


GRADIENTS = [
    "backbone.body.layer2.0.conv2.weight",
    "backbone.body.layer4.2.conv3.weight",
    "backbone.fpn.inner_blocks.2.0.weight",
    "backbone.fpn.layer_blocks.0.0.weight",
    "rpn.head.conv.0.0.weight",
    "rpn.head.cls_logits.weight",
    "rpn.head.bbox_pred.bias",
    "roi_heads.box_predictor.cls_score.weight",
    "roi_heads.box_predictor.bbox_pred.weight",
]


def transposed(value: torch.Tensor) -> torch.Tensor:
    if value.ndim == 4:
        return value.permute(2, 3, 1, 0).contiguous()
    return value.t().contiguous() if value.ndim == 2 else value


def run(build) -> dict:
    torch.manual_seed(0)
    model = build(weights=None, weights_backbone=None, num_classes=CLASSES + 1, **SIZES, **LIMITS)
    with torch.no_grad():
        fill(model)
    model.eval()
    t: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        images, _ = model.transform([image(0), image(1)])
        t["batch.shape"] = torch.tensor(images.tensors.permute(0, 2, 3, 1).shape, dtype=torch.int32)
        t["batch.sizes"] = torch.tensor(images.image_sizes, dtype=torch.int32)
        t["batch"] = sample(images.tensors)
        features = model.backbone(images.tensors)
        for i, level in enumerate(features.values()):
            t[f"features.{i}"] = sample(level)
        logits, deltas = model.rpn.head(list(features.values()))
        for i in range(5):
            t[f"rpn.logits.{i}"] = sample(logits[i])
            t[f"rpn.deltas.{i}"] = sample(deltas[i])
        proposals, _ = model.rpn(images, features)
        pooled = model.roi_heads.box_roi_pool(features, proposals, images.image_sizes)
        class_logits, box_deltas = model.roi_heads.box_predictor(model.roi_heads.box_head(pooled))
        for i in range(2):
            t[f"proposals.{i}"] = proposals[i]
        t["pooled"] = sample(pooled)
        t["head.logits"] = class_logits
        t["head.deltas"] = sample(box_deltas)
        for i, result in enumerate(model([image(0), image(1)])):
            t[f"detections.{i}.boxes"] = result["boxes"]
            t[f"detections.{i}.scores"] = result["scores"]
            t[f"detections.{i}.labels"] = result["labels"].to(torch.int32)

    # Losses: every candidate is sampled; batch norms stay frozen.
    model.rpn.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
    model.roi_heads.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    targets = [
        {"boxes": torch.tensor(boxes, dtype=torch.float32), "labels": torch.tensor(labels)}
        for boxes, labels in zip(TRUTHS, LABELS)
    ]
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    losses = model([image(0), image(1)], targets)
    sum(losses.values()).backward()
    t["losses"] = torch.stack(
        [losses[k] for k in ("loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg")]
    ).detach()
    for name, parameter in model.named_parameters():
        if name in GRADIENTS:
            t[f"gradient.{name}"] = spread(transposed(parameter.grad).reshape(-1))
    return {k: v.contiguous() for k, v in t.items()}


def main() -> None:
    manifest = {}
    for name, build in [("torchvision", fasterrcnn_resnet50_fpn), ("torchvision-v2", fasterrcnn_resnet50_fpn_v2)]:
        file = OUT / f"{name}.safetensors"
        save_file(run(build), file)
        file.chmod(0o644)
        manifest[file.name] = {
            "script": "tooling/reference/make_detection.py",
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "tolerance": "boxes 0.05 px, scores 1e-4, losses 1e-4 relative, gradients 1e-3 relative",
        }
    (OUT / "detector-manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
