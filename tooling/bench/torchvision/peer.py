"""torchvision's CPU operators as a peer of the benchmark: one JSON request a line, one JSON answer a line.

    {"do": "load", "name": "features", "file": PATH, "shape": [...], "dtype": "float32"}   NHWC maps are kept as NCHW, contiguous
    {"do": "run", "op": "roi_align" | "roi_align_backward" | "nms" | "conv2d" | "paste_masks", "repeat": N, "out": PATH or null, ...}
        -> {"ms": time of the operator alone, on average}
With "out", the result is written there: maps in NHWC float32, kept indices in int32, masks [N, H, W] in uint8.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
import torchvision

sys.path.insert(0, str(Path(__file__).parents[1]))
from serve import serve  # noqa: E402

tensors = {}


def load(request):
    array = np.fromfile(request["file"], request["dtype"]).reshape(request["shape"])
    tensor = torch.from_numpy(array)
    if request["name"] in ("x", "filter"):
        tensors.pop("packed", None)
    tensors[request["name"]] = tensor.permute(0, 3, 1, 2).contiguous() if tensor.ndim == 4 else tensor
    return {}


def roi_align(r):
    return torchvision.ops.roi_align(
        tensors["features"], tensors["rois"], r["outputSize"], r["spatialScale"], r["samplingRatio"], r["aligned"]
    )


def roi_align_backward(r):
    return torch.ops.torchvision._roi_align_backward(
        tensors["dy"], tensors["rois"], r["spatialScale"], *r["outputSize"], *tensors["features"].shape, r["samplingRatio"], r["aligned"]
    )


def conv2d(r):
    """oneDNN's convolution with what it is fused with, its filter packed beforehand, maps in NHWC: its best case."""
    args = ([r["pad"]] * 2, [r["stride"]] * 2, [1, 1], r["groups"])
    if "packed" not in tensors:
        kernel, x = r["kernel"], tensors["x"]
        filter = tensors["filter"].reshape(kernel, kernel, x.shape[1] // r["groups"], -1).permute(3, 2, 0, 1).contiguous()
        tensors["packed"] = torch.ops.mkldnn._reorder_convolution_weight(filter, *args, list(x.shape))
        for name in ("x", "residual"):
            if name in tensors:
                tensors[name] = tensors[name].contiguous(memory_format=torch.channels_last)
    conv = torch.ops.mkldnn._convolution_pointwise
    activation = "relu" if r["relu"] else "none"
    if not r["residual"]:
        return conv(tensors["x"], tensors["packed"], tensors["bias"], *args, activation, [], None)
    # In place where only time matters.
    run = conv.binary if r["out"] else torch.ops.mkldnn._convolution_pointwise_.binary
    unary = "relu" if r["relu"] else None
    operands = (tensors["x"], tensors["residual"]) if r["out"] else (tensors["residual"], tensors["x"])
    return run(*operands, tensors["packed"], tensors["bias"], *args, "add", 1.0, unary, [], None)


def paste_masks(r):
    """Pixels of the objects; coding them as run lengths is left out."""
    paste = torchvision.models.detection.roi_heads.paste_masks_in_image
    return paste(tensors["masks"][:, None], tensors["boxes"], (r["height"], r["width"]))[:, 0] > 0.5


def nms(r):
    if not r["grouped"]:
        return torchvision.ops.nms(tensors["boxes"], tensors["scores"], r["iouThreshold"])
    return torchvision.ops.batched_nms(tensors["boxes"], tensors["scores"], tensors["groups"], r["iouThreshold"])


def exact_nms(r):
    """As nms, but never by shifting the boxes of a group apart, which rounds their coordinates."""
    if not r["grouped"]:
        return nms(r)
    boxes, scores, groups = tensors["boxes"], tensors["scores"], tensors["groups"]
    kept = []
    for group in torch.unique(groups):
        members = torch.where(groups == group)[0]
        kept.append(members[torchvision.ops.nms(boxes[members], scores[members], r["iouThreshold"])])
    kept = torch.cat(kept).sort().values
    return kept[torch.argsort(scores[kept], descending=True, stable=True)]


OPS = {f.__name__: f for f in (roi_align, roi_align_backward, nms, conv2d, paste_masks)}


def run(request):
    op = OPS[request["op"]]
    elapsed = 0
    for _ in range(request["repeat"]):
        result = None
        start = time.perf_counter()
        result = op(request)
        elapsed += time.perf_counter() - start
    if request["out"]:
        if request["op"] == "nms":
            exact_nms(request).numpy().astype(np.int32).tofile(request["out"])
        elif request["op"] == "paste_masks":
            result.numpy().astype(np.uint8).tofile(request["out"])
        else:
            result.permute(0, 2, 3, 1).contiguous().numpy().tofile(request["out"])
    return {"ms": elapsed * 1e3 / request["repeat"]}


def version(request):
    return {"torchvision": torchvision.__version__, "torch": torch.__version__, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_grad_enabled(False)
    serve({"load": load, "run": run, "version": version})
