"""Faster, Mask and Cascade R-CNN in torchvision, onnxruntime and OpenVINO as peers of the benchmark: one JSON request a line, one JSON answer a line.

    {"do": "model", "name": "ic", "kind": "faster" | "mask" | "cascade", "trains": true, "file": PATH, "branches": {"layer1.0.conv2": [[dH, dW, count], ...]}}
        a checkpoint with torchvision's names; inception layers hold one convolution a branch
    {"do": "input", "file": PATH, "shape": [H, W, 3]}   8-bit RGB
    {"do": "detect", "model": "ic", "engine": "torchvision" | "onnxruntime" | "openvino", "paste": false, "repeat": N} -> {"ms"}
        "paste": masks in the picture, by torchvision; otherwise they stay relative to their boxes
    {"do": "answer", ...} -> {"boxes", "scores", "labels", "masks"} of such a run
    {"do": "answer", ...} is of float32 on a GPU too; times there are with TF32, which TensorFlow takes as well
    {"do": "step", "model": "ic", "size": 512, "boxes": [[x1, y1, x2, y2], ...], "labels": [...], "repeat": N} -> {"ms"}
        forward, backward and SGD with momentum on one image
"""

import copy
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torchvision
from torch import nn
from torchvision.models import detection
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import boxes as box_ops

sys.path.insert(0, str(Path(__file__).parents[1]))
from serve import serve  # noqa: E402

warnings.filterwarnings("ignore")
models, sessions, requests, trained = {}, {}, {}, {}
# Those of a GPU without TF32.
exact_sessions = {}
image = None
device = torch.device(sys.argv[2])
on_gpu = device.type == "cuda"
if not on_gpu:
    import openvino


def let_tf32(allowed):
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = allowed


class Inception(nn.Module):
    def __init__(self, conv, branches):
        super().__init__()
        self.conv_list = nn.ModuleList(
            nn.Conv2d(conv.in_channels, count, 3, conv.stride, (height, width), (height, width), bias=False)
            for height, width, count in branches
        )

    def forward(self, x):
        return torch.cat([conv(x) for conv in self.conv_list], 1)


class CascadeHeads(nn.Module):
    """What mmdetection does of proposals (mmdet/models/roi_heads/cascade_roi_head.py), with the pieces and limits of torchvision's heads."""

    WEIGHTS = [(10, 10, 5, 5), (20, 20, 10, 10), (1 / 0.033, 1 / 0.033, 1 / 0.067, 1 / 0.067)]

    def __init__(self, heads, channels=256, hidden=1024):
        super().__init__()
        self.pool = heads.box_roi_pool
        self.limits = (heads.score_thresh, heads.nms_thresh, heads.detections_per_img)
        self.classes = heads.box_predictor.cls_score.out_features
        stages = range(len(self.WEIGHTS))
        self.box_head = nn.ModuleList(TwoMLPHead(channels * 7**2, hidden) for _ in stages)
        self.box_predictor = nn.ModuleList(FastRCNNPredictor(hidden, self.classes) for _ in stages)
        for predictor in self.box_predictor:
            predictor.bbox_pred = nn.Linear(hidden, 4)

    def forward(self, features, proposals, shapes, targets=None):
        boxes, logits = proposals[0], 0
        for head, predictor, weights in zip(self.box_head, self.box_predictor, self.WEIGHTS):
            scores, deltas = predictor(head(self.pool(features, [boxes], shapes)))
            logits = logits + scores
            moved = detection._utils.BoxCoder(weights).decode(deltas, [boxes])[:, 0]
            boxes = box_ops.clip_boxes_to_image(moved, shapes[0])
        scores = (logits / len(self.WEIGHTS)).softmax(1)[:, 1:]
        least, overlap, most = self.limits
        labels = torch.arange(1, self.classes, device=scores.device).expand_as(scores).reshape(-1)
        boxes, scores = boxes[:, None].expand(-1, self.classes - 1, 4).reshape(-1, 4), scores.reshape(-1)
        for keep in (lambda: torch.where(scores > least)[0], lambda: box_ops.remove_small_boxes(boxes, 1e-2)):
            kept = keep()
            boxes, scores, labels = boxes[kept], scores[kept], labels[kept]
        kept = box_ops.batched_nms(boxes, scores, labels, overlap)[:most]
        return [{"boxes": boxes[kept], "scores": scores[kept], "labels": labels[kept]}], {}


def boxes_scaled(results, shapes, originals):
    """In place of what torchvision does last, which also pastes masks."""
    for result, shape, original in zip(results, shapes, originals):
        result["boxes"] = resize_boxes(result["boxes"], shape, original)
    return results


def build(request):
    make = detection.maskrcnn_resnet50_fpn if request["kind"] == "mask" else detection.fasterrcnn_resnet50_fpn
    model = make(weights=None, weights_backbone=None)
    model.transform.postprocess = boxes_scaled
    if request["kind"] == "cascade":
        model.roi_heads = CascadeHeads(model.roi_heads)
    body = model.backbone.body
    for name, branches in request["branches"].items():
        stage, block, conv = name.split(".")
        owner = body[stage][int(block)]
        setattr(owner, conv, Inception(getattr(owner, conv), branches))
    # torchvision leaves the first layers of a backbone frozen only where it is pretrained.
    missing, unexpected = model.load_state_dict(torch.load(request["file"]), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return model


def add_model(request):
    name = request["name"]
    models[name] = build(request).eval()
    if request["trains"]:
        trained[name] = copy.deepcopy(models[name])
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        example = torch.rand(3, 800, 1216)
        # The exporter writes what the Python code does, loops over levels and classes unrolled.
        torch.onnx.export(models[name], ([example],), file.name, opset_version=17, dynamo=False, input_names=["image"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        if on_gpu:
            for kind, tf32 in ((sessions, "1"), (exact_sessions, "0")):
                providers = [("CUDAExecutionProvider", {"use_tf32": tf32}), "CPUExecutionProvider"]
                kind[name] = onnxruntime.InferenceSession(file.name, options, providers=providers)
        else:
            sessions[name] = exact_sessions[name] = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
            # In float32 where it would choose bfloat16.
            settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
            requests[name] = openvino.Core().compile_model(file.name, "CPU", settings).create_infer_request()
    models[name] = models[name].to(device, memory_format=torch.channels_last)
    if name in trained:
        trained[name] = trained[name].to(device, memory_format=torch.channels_last)
    return {}


def set_input(request):
    global image
    pixels = np.fromfile(request["file"], np.uint8).reshape(request["shape"])
    image = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255).contiguous()
    return {}


def run(request, exactly=False):
    name = request["model"]
    let_tf32(not exactly)
    if request["engine"] == "torchvision":
        with torch.inference_mode():
            result = models[name]([image.to(device)])[0]
            if request["paste"]:
                paste = detection.roi_heads.paste_masks_in_image
                result["masks"] = paste(result["masks"], result["boxes"], tuple(image.shape[-2:]))
        return {key: value.cpu().numpy() for key, value in result.items()}
    if request["engine"] == "openvino":
        values = list(requests[name].infer([image.numpy()], share_inputs=True).values())
    else:
        values = (exact_sessions if exactly else sessions)[name].run(None, {"image": image.numpy()})
    result = {"boxes": next(v for v in values if v.ndim == 2)}
    result["labels"] = next(v for v in values if v.ndim == 1 and v.dtype == np.int64)
    result["scores"] = next(v for v in values if v.ndim == 1 and v.dtype == np.float32)
    return result | {"masks": v for v in values if v.ndim == 4}


def detect(request):
    start = time.perf_counter()
    for _ in range(request["repeat"]):
        run(request)
    return {"ms": (time.perf_counter() - start) * 1000 / request["repeat"]}


def answer(request):
    return {key: value.tolist() for key, value in run(request, exactly=True).items()}


optimizers = {}


def step(request):
    name, size = request["model"], request["size"]
    model = trained[name]
    model.train()
    model.transform.min_size, model.transform.max_size = (size,), size
    if name not in optimizers:
        optimizers[name] = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    let_tf32(True)
    picture = image[:, :size, :size].contiguous().to(device)
    target = {"boxes": torch.tensor(request["boxes"], device=device), "labels": torch.tensor(request["labels"], device=device)}
    start = time.perf_counter()
    for _ in range(request["repeat"]):
        losses = model([picture], [target])
        optimizers[name].zero_grad()
        sum(losses.values()).backward()
        optimizers[name].step()
    if on_gpu:
        torch.cuda.synchronize()
    return {"ms": (time.perf_counter() - start) * 1000 / request["repeat"]}


def version(_):
    versions = {"torchvision": torchvision.__version__, "torch": torch.__version__}
    # onnxruntime's ordinary package is for the CPU alone, onnxruntime-gpu is not.
    if not on_gpu or "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        versions["onnxruntime"] = onnxruntime.__version__
    if not on_gpu:
        versions["openvino"] = openvino.__version__.split("-")[0]
    return versions


torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
actions = {"model": add_model, "input": set_input, "detect": detect, "answer": answer, "step": step, "version": version}
serve(actions)
