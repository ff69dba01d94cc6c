"""A detector of torchvision's COCO_V1 kind over photographs: detections, and pycocotools' metric of them.

The network is fasterrcnn_resnet50_fpn as torchvision makes it for its published weights: 91 classes, FrozenBatchNorm2d, and an epsilon of
0 (`overwrite_eps`). Weights are hashed (make_models.py), with variances so small that the epsilon matters. Ground truth is made from the
detections: of each picture's best, moved and stretched a little by a hash, so that IoUs of all sizes occur. None of them is near a
threshold of the metric, and no detection that may match an object has nearly the score of another one: the metric is one of ranks, and
ranks of near-equal scores are a matter of rounding.
Pictures are those of a folder of COCO's photographs, of as many sizes as it has; only their names, sizes and results are stored.
Writes packages/detection/test/golden/fixtures/detector-coco.{safetensors,json}.

    python tooling/reference/make_detector_coco.py path/to/images
"""

import contextlib
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from make_models import hashed, initial
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from safetensors.numpy import save_file
from torchvision.models.detection import fasterrcnn_resnet50_fpn
from torchvision.models.detection._utils import overwrite_eps
from torchvision.ops import box_iou
from torchvision.ops.misc import FrozenBatchNorm2d

OUT = Path(__file__).parents[2] / "packages/detection/test/golden/fixtures"
PICTURES = 30
CLASSES = 90
CANDIDATES = 60
IOU_MARGIN = 0.004
SCORE_MARGIN = 5e-5
THRESHOLDS = torch.arange(0.5, 1, 0.05)
FACTORS = {
    "rpn.head.cls_logits": 0.03,
    "rpn.head.bbox_pred": 0.02,
    "roi_heads.box_predictor.cls_score": 0.3,
    "roi_heads.box_predictor.bbox_pred": 0.1,
}


def value(name: str, shape) -> np.ndarray:
    """In TensorFlow's layout."""
    result = initial(name, shape)
    if name.endswith("running_var"):
        return result * np.float32(1e-4)
    if len(shape) == 1 and name.endswith(".weight"):
        return result * np.float32(1e-2)
    for part, factor in FACTORS.items():
        if name == f"{part}.weight":
            return result * np.float32(factor)
    return result


def frozen(module) -> None:
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            setattr(module, name, FrozenBatchNorm2d(child.num_features))
        else:
            frozen(child)


def detector():
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=CLASSES + 1)
    frozen(model.backbone.body)
    overwrite_eps(model, 0.0)
    with torch.no_grad():
        for name, target in model.state_dict().items():
            shape = tuple(target.shape)
            if target.ndim == 4:
                data = value(name, (shape[2], shape[3], shape[1], shape[0])).transpose(3, 2, 0, 1)
            elif target.ndim == 2:
                data = value(name, (shape[1], shape[0])).transpose(1, 0)
                if shape[1] == 7 * 7 * 256:
                    # Our rows, columns, channels to torch's channels, rows, columns.
                    data = data.reshape(-1, 7, 7, 256).transpose(0, 3, 1, 2).reshape(shape)
            else:
                data = value(name, shape)
            target.copy_(torch.from_numpy(np.ascontiguousarray(data)))
    return model.eval()


def of_many_sizes(folder: Path) -> list[Path]:
    """As many sizes as possible, the rarest first."""
    paths = sorted(folder.glob("*.jpg"))
    sizes = {path: Image.open(path).size for path in paths}
    count = {size: list(sizes.values()).count(size) for size in sizes.values()}
    seen: set[tuple[int, int]] = set()
    chosen = []
    for path in sorted(paths, key=lambda path: (count[sizes[path]], path.name)):
        if sizes[path] not in seen:
            seen.add(sizes[path])
            chosen.append(path)
    return sorted(chosen[:PICTURES], key=lambda path: path.name)


def isolated(scores: torch.Tensor, all_scores: torch.Tensor) -> bool:
    """Every one of the scores is far from all others (it is among them itself)."""
    return bool((((all_scores[None] - scores[:, None]).abs() < SCORE_MARGIN).sum(1) == 1).all())


def objects(image_id: int, results) -> list[tuple[int, list[float]]]:
    boxes, scores, labels = (torch.from_numpy(results[f"{image_id}.{part}"]) for part in ("boxes", "scores", "labels"))
    moves = hashed(f"objects/{image_id}", (len(boxes), 4)) * np.float32(0.12)
    kept: list[tuple[int, list[float]]] = []
    for i in range(min(CANDIDATES, len(boxes))):
        label = int(labels[i])
        x1, y1, x2, y2 = boxes[i].tolist()
        w, h = x2 - x1, y2 - y1
        dx, dy, dw, dh = moves[i].tolist()
        box = [x1 + dx * w, y1 + dy * h, x2 + dw * w, y2 + dh * h]
        ious = box_iou(torch.tensor([box]), boxes)[0]
        ious[labels != label] = 0
        of_class = torch.cat([torch.from_numpy(s)[torch.from_numpy(l) == label] for s, l in scored(results)])
        clear = (ious[:, None] - THRESHOLDS).abs().min() > IOU_MARGIN
        if clear and isolated(scores[ious > 0.5 - IOU_MARGIN], of_class):
            kept.append((label, [box[0], box[1], box[2] - box[0], box[3] - box[1]]))
    return kept


def scored(results):
    for name in results:
        if name.endswith(".scores"):
            yield results[name], results[name.replace(".scores", ".labels")]


model = detector()
paths = of_many_sizes(Path(sys.argv[1]))
images, annotations, detections = [], [], []
tensors: dict[str, np.ndarray] = {}
for path in paths:
    pixels = np.asarray(Image.open(path).convert("RGB"))
    with torch.no_grad():
        (result,) = model([torch.from_numpy(pixels.transpose(2, 0, 1).copy()).float() / 255])
    image_id = int(path.stem)
    images.append({"id": image_id, "file_name": path.name, "width": pixels.shape[1], "height": pixels.shape[0]})
    for (x1, y1, x2, y2), score, label in zip(result["boxes"].tolist(), result["scores"].tolist(), result["labels"].tolist()):
        detections.append(
            {"image_id": image_id, "category_id": label, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score}
        )
    tensors[f"{image_id}.boxes"] = result["boxes"].numpy()
    tensors[f"{image_id}.scores"] = result["scores"].numpy()
    tensors[f"{image_id}.labels"] = result["labels"].numpy().astype(np.int32)
    print(path.name, pixels.shape[:2], len(result["scores"]), flush=True)

for image in images:
    for label, bbox in objects(image["id"], tensors):
        annotations.append(
            {
                "id": len(annotations) + 1,
                "image_id": image["id"],
                "category_id": label,
                "bbox": bbox,
                "area": bbox[2] * bbox[3],
                "iscrowd": 0,
            }
        )

dataset = {
    "images": images,
    "annotations": annotations,
    "categories": [{"id": i, "name": f"class {i}"} for i in range(1, CLASSES + 1)],
}


def stats(image_ids: list[int]) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes([d for d in detections if d["image_id"] in image_ids]), "bbox")
        evaluation.params.imgIds = image_ids
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in evaluation.stats]


ids = [image["id"] for image in images]
file = OUT / "detector-coco.safetensors"
save_file(tensors, file)
file.chmod(0o644)
(OUT / "detector-coco.json").write_text(
    json.dumps(
        {
            "script": "tooling/reference/make_detector_coco.py",
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "tolerance": "stats 1e-6",
            # Of the first n pictures.
            "stats": {str(n): stats(ids[:n]) for n in (4, len(ids))},
            "dataset": dataset,
        }
    )
    + "\n"
)
