"""Fixtures of the parts of Faster R-CNN, from torchvision's own classes on seeded random inputs.

Writes packages/detection/test/golden/fixtures/parts.safetensors and its manifest.
"""

import hashlib
import json
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file
from torchvision.models.detection import _utils as det_utils
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead, concat_box_prediction_layers
from torchvision.ops.poolers import LevelMapper

OUT = Path(__file__).parents[2] / "packages/detection/test/golden/fixtures"
SEED = 20201225
IMAGE = (192, 256)  # padded batch
SIZES = [(180, 256), (192, 200)]
STRIDES = [4, 8, 16, 32, 64]

torch.manual_seed(SEED)
t: dict[str, torch.Tensor] = {}

# Anchors, of every level.
generator = AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5)
maps = [torch.zeros(2, 1, -(-IMAGE[0] // s), -(-IMAGE[1] // s)) for s in STRIDES]
anchors = generator(ImageList(torch.zeros(2, 3, *IMAGE), SIZES), maps)[0]
t["anchors"] = anchors

# Proposals, from random logits and deltas in the head's layout.
logits = [torch.randn(2, 3, *m.shape[2:]) for m in maps]
deltas = [torch.randn(2, 12, *m.shape[2:]) * 0.5 for m in maps]
flat_logits, flat_deltas = concat_box_prediction_layers(logits, deltas)
rpn = RegionProposalNetwork(
    generator, RPNHead(1, 3), 0.7, 0.3, 256, 0.5,
    dict(training=200, testing=100), dict(training=200, testing=100), 0.7,
).eval()
proposals = rpn.box_coder.decode(flat_deltas, [anchors, anchors]).view(2, -1, 4)
counts = [m.shape[2] * m.shape[3] * 3 for m in maps]
boxes, scores = rpn.filter_proposals(proposals, flat_logits, SIZES, counts)
t["logits"] = flat_logits.view(2, -1)
t["deltas"] = flat_deltas.view(2, -1, 4)
for i in range(2):
    t[f"proposals.{i}.boxes"] = boxes[i]
    t[f"proposals.{i}.scores"] = scores[i]


def random_boxes(n: int, height: int, width: int) -> torch.Tensor:
    size = torch.rand(n, 2) * torch.tensor([width * 0.5, height * 0.5]) + 8
    corner = torch.rand(n, 2) * (torch.tensor([width, height]) - size).clamp(min=1)
    return torch.cat([corner, corner + size], 1)


# RPN losses on a fixed sample: every labelled anchor, so that nothing is drawn.
truths = [random_boxes(6, *SIZES[0]), torch.zeros(0, 4)]
targets = [{"boxes": b} for b in truths]
rpn.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
labels, matched = rpn.assign_targets_to_anchors([anchors, anchors], targets)
regression = rpn.box_coder.encode(matched, [anchors, anchors])
leaf_logits = flat_logits.detach().clone().requires_grad_()
leaf_deltas = flat_deltas.detach().clone().requires_grad_()
objectness, box = rpn.compute_loss(leaf_logits, leaf_deltas, labels, regression)
(objectness + box).backward()
t["truths.0"] = truths[0]
t["rpn.labels.0"] = labels[0].to(torch.int32)
t["rpn.loss"] = torch.stack([objectness, box]).detach()
t["rpn.grad_logits"] = leaf_logits.grad.view(2, -1)
t["rpn.grad_deltas"] = leaf_deltas.grad.view(2, -1, 4)[:, ::7].contiguous()

# Detections from random head outputs, 5 classes and background.
heads = RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 50)
count = [len(b) for b in boxes]
class_logits = torch.randn(sum(count), 6) * 2
box_deltas = torch.randn(sum(count), 24)
det_boxes, det_scores, det_labels = heads.postprocess_detections(class_logits, box_deltas, boxes, SIZES)
t["class_logits"] = class_logits
t["box_deltas"] = box_deltas
for i in range(2):
    t[f"detections.{i}.boxes"] = det_boxes[i]
    t[f"detections.{i}.scores"] = det_scores[i]
    t[f"detections.{i}.labels"] = det_labels[i].to(torch.int32)

# Box head losses; again every candidate is sampled.
heads.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(10**6, 1.0)
roi_targets = [{"boxes": truths[0], "labels": torch.tensor([1, 2, 3, 4, 5, 1])}, {"boxes": truths[1], "labels": torch.zeros(0, dtype=torch.int64)}]
sampled, _, roi_labels, roi_regression = heads.select_training_samples([b.clone() for b in boxes], roi_targets)
total = sum(len(s) for s in sampled)
head_logits = torch.randn(total, 6, requires_grad=True)
head_deltas = torch.randn(total, 24, requires_grad=True)
classification, regression_loss = fastrcnn_loss(head_logits, head_deltas, roi_labels, roi_regression)
(classification + regression_loss).backward()
t["roi.labels"] = torch.cat(roi_labels).to(torch.int32)
t["roi.boxes"] = torch.cat(sampled)
t["roi.logits"] = head_logits.detach()
t["roi.deltas"] = head_deltas.detach()
t["roi.loss"] = torch.stack([classification, regression_loss]).detach()
t["roi.grad_logits"] = head_logits.grad
t["roi.grad_deltas"] = head_deltas.grad

# Pyramid levels.
some = torch.cat([random_boxes(200, 800, 1200), torch.tensor([[0.0, 0, 224, 224], [0, 0, 112, 112], [0, 0, 448, 448], [5, 5, 6, 6]])])
t["levels.boxes"] = some
t["levels"] = LevelMapper(2, 5)([some]).to(torch.int32)

OUT.mkdir(parents=True, exist_ok=True)
file = OUT / "parts.safetensors"
save_file({k: v.contiguous() for k, v in t.items()}, file)
manifest = {
    "parts.safetensors": {
        "script": "tooling/reference/make_detection_parts.py",
        "seed": SEED,
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "tolerance": "boxes 1e-3 px, scores 1e-5, losses 1e-4 relative, gradients 1e-3 relative",
    }
}
(OUT / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
