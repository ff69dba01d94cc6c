"""Fixtures of whole Mask R-CNNs: torchvision's maskrcnn_resnet50_fpn and _v2 on hashed weights and images: mask logits, pasted masks,
losses and gradients. What stands before the masks is that of make_detection.py, with which weights and images are shared.

Writes packages/detection/test/golden/fixtures/{maskrcnn,maskrcnn-v2}.safetensors and maskrcnn-manifest.json.
"""

import hashlib
import json

import make_detection as boxes
import numpy as np
import torch
import torchvision
from make_masks import counts_of
from make_models import hashed
from safetensors.torch import save_file
from torchvision.models.detection import _utils as det_utils
from torchvision.models.detection import maskrcnn_resnet50_fpn, maskrcnn_resnet50_fpn_v2

DETECTIONS = 20
GRADIENTS = [
    "backbone.body.layer4.2.conv3.weight",
    "backbone.fpn.layer_blocks.0.0.weight",
    "roi_heads.box_predictor.bbox_pred.weight",
    "roi_heads.mask_head.0.0.weight",
    "roi_heads.mask_head.3.0.weight",
    "roi_heads.mask_predictor.conv5_mask.weight",
    "roi_heads.mask_predictor.mask_fcn_logits.weight",
    "roi_heads.mask_predictor.mask_fcn_logits.bias",
]
LOSSES = ["loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg", "loss_mask"]


def fill(model) -> None:
    boxes.fill(model)
    for name, target in model.state_dict().items():
        if name.endswith(".1.weight") and "mask_head" in name:
            target.copy_(torch.from_numpy(hashed(name, tuple(target.shape)) * np.float32(0.25) + np.float32(1)))
        # Logits on both sides of 0, near it.
        if name == "roi_heads.mask_predictor.mask_fcn_logits.weight":
            target.mul_(0.5)


def ellipse(box, height: int, width: int) -> np.ndarray:
    x1, y1, x2, y2 = box
    y, x = np.mgrid[:height, :width] + 0.5
    return (((x - (x1 + x2) / 2) / (x2 - x1)) ** 2 + ((y - (y1 + y2) / 2) / (y2 - y1)) ** 2 <= 0.25).astype(np.uint8)


def runs(bitmaps) -> tuple[torch.Tensor, torch.Tensor]:
    each = [counts_of(bitmap) for bitmap in bitmaps]
    return torch.tensor([run for one in each for run in one], dtype=torch.int32), torch.tensor([len(one) for one in each], dtype=torch.int32)


def run(build) -> dict:
    torch.manual_seed(0)
    limits = dict(boxes.LIMITS, box_detections_per_img=DETECTIONS)
    model = build(weights=None, weights_backbone=None, num_classes=boxes.CLASSES + 1, **boxes.SIZES, **limits)
    with torch.no_grad():
        fill(model)
    model.eval()
    t: dict[str, torch.Tensor] = {}
    images = [boxes.image(0), boxes.image(1)]
    logits = []
    hook = model.roi_heads.mask_predictor.register_forward_hook(lambda module, inputs, output: logits.append(output))
    pooled = model.roi_heads.mask_roi_pool.register_forward_pre_hook(
        lambda module, inputs: [t.update({f"regions.{i}": own}) for i, own in enumerate(inputs[1])] and None
    )
    with torch.no_grad():
        results = model(images)
    hook.remove()
    pooled.remove()
    labels = torch.cat([result["labels"] for result in results])
    chosen = logits[0][torch.arange(len(labels)), labels]
    t["mask.logits"] = boxes.spread(chosen.reshape(-1))
    for i, result in enumerate(results):
        t[f"detections.{i}.boxes"] = result["boxes"]
        t[f"detections.{i}.labels"] = result["labels"].to(torch.int32)
        t[f"masks.{i}.counts"], t[f"masks.{i}.lengths"] = runs((result["masks"][:, 0] > 0.5).numpy())

    model.rpn.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
    model.roi_heads.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    targets = []
    for i, (truths, own) in enumerate(zip(boxes.TRUTHS, boxes.LABELS)):
        bitmaps = np.stack([ellipse(box, *boxes.IMAGES[i]) for box in truths])
        targets.append(
            {"boxes": torch.tensor(truths, dtype=torch.float32), "labels": torch.tensor(own), "masks": torch.from_numpy(bitmaps)}
        )
    _, resized = model.transform(images, [dict(target) for target in targets])
    for i, target in enumerate(resized):
        t[f"truths.{i}.counts"], t[f"truths.{i}.lengths"] = runs(target["masks"].numpy())
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    losses = model(images, targets)
    sum(losses.values()).backward()
    t["losses"] = torch.stack([losses[name] for name in LOSSES]).detach()
    for name, parameter in model.named_parameters():
        if name in GRADIENTS:
            t[f"gradient.{name}"] = boxes.spread(boxes.transposed(parameter.grad).reshape(-1))
    return {k: v.contiguous() for k, v in t.items()}


def main() -> None:
    manifest = {}
    for name, build in [("maskrcnn", maskrcnn_resnet50_fpn), ("maskrcnn-v2", maskrcnn_resnet50_fpn_v2)]:
        file = boxes.OUT / f"{name}.safetensors"
        save_file(run(build), file)
        file.chmod(0o644)
        manifest[file.name] = {
            "script": "tooling/reference/make_mask_rcnn.py",
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "tolerance": "mask logits 1e-4, pasted masks IoU 0.999, losses 1e-4 relative, gradients 1e-3 relative",
        }
    (boxes.OUT / "maskrcnn-manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
