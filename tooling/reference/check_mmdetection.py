"""Holds the fixture of make_cascade_rcnn.py to mmdetection's own CascadeRoIHead: detections, masks, losses and gradients of the same weights.

mmdetection's operators are mmcv's compiled ones, of which it needs RoIAlign and NMS here: torchvision's stand in for them, and mmcv-lite has
the rest. Prints the largest difference of each part, and exits with 1 where one is beyond the fixture's tolerance.

    pip install --no-deps mmdet==3.3.0 mmcv-lite==2.1.0 mmengine==0.10.7
    pip install addict opencv-python-headless scipy shapely terminaltables yapf rich matplotlib termcolor
    python tooling/reference/check_mmdetection.py
"""

import sys
import types

import numpy as np
import torch
import torchvision
from make_cascade_rcnn import CHANNELS, CLASSES, GRADIENTS, HEIGHT, HIDDEN, IOUS, LOSS_WEIGHTS, OUT, SIZES, STDS, WIDTH
from make_cascade_rcnn import mask_head, box_head, weights as ours
from make_models import hashed
from safetensors.torch import load_file

fixture = load_file(OUT / "cascade.safetensors")


class RoIAlign(torchvision.ops.RoIAlign):
    def __init__(self, output_size, spatial_scale, sampling_ratio, aligned=True):
        super().__init__((output_size, output_size), spatial_scale, sampling_ratio, aligned)


def roi_align(features, rois, size, scale, ratio, mode, aligned):
    assert mode == "avg"
    return torchvision.ops.roi_align(features, rois, size, scale, ratio, aligned)


def batched_nms(boxes, scores, labels, config, class_agnostic=False):
    assert not class_agnostic and config["type"] == "nms"
    kept = torchvision.ops.batched_nms(boxes, scores, labels, config["iou_threshold"])
    return torch.cat([boxes[kept], scores[kept, None]], 1), kept


class Absent(types.ModuleType):
    """Operators that are imported and not called."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (torch.nn.Module,), {})


# Modules of mmcv.ops that mmdetection imports from.
ABSENT = "carafe deform_conv merge_cells modulated_deform_conv multi_scale_deform_attn nms point_sample roi_align".split()


def stand_in() -> None:
    ops = Absent("mmcv.ops")
    ops.__path__ = []
    ops.RoIAlign, ops.roi_align, ops.batched_nms = RoIAlign, roi_align, batched_nms
    sys.modules["mmcv.ops"] = ops
    for name in ABSENT:
        part = Absent(f"mmcv.ops.{name}")
        part.roi_align, part.batched_nms = roi_align, batched_nms
        sys.modules[part.__name__] = part


stand_in()
from mmdet.registry import MODELS  # noqa: E402
from mmdet.structures import DetDataSample  # noqa: E402
from mmdet.structures.mask import BitmapMasks  # noqa: E402
from mmdet.utils import register_all_modules  # noqa: E402
from mmengine.config import ConfigDict  # noqa: E402
from mmengine.structures import InstanceData  # noqa: E402
from pycocotools import mask as coco  # noqa: E402


def make_head():
    """After configs/_base_/models/cascade-mask-rcnn_r50_fpn.py, small, and everything that could be sampled is."""
    register_all_modules()

    def extractor(size):
        layer = dict(type="RoIAlign", output_size=size, sampling_ratio=0)
        return dict(type="SingleRoIExtractor", roi_layer=layer, out_channels=CHANNELS, featmap_strides=[4, 8, 16, 32])

    def bbox_head(stds):
        coder = dict(type="DeltaXYWHBBoxCoder", target_means=[0.0] * 4, target_stds=stds)
        return dict(
            type="Shared2FCBBoxHead",
            in_channels=CHANNELS,
            fc_out_channels=HIDDEN,
            roi_feat_size=7,
            num_classes=CLASSES,
            bbox_coder=coder,
            reg_class_agnostic=True,
            loss_cls=dict(type="CrossEntropyLoss", use_sigmoid=False, loss_weight=1.0),
            loss_bbox=dict(type="SmoothL1Loss", beta=1.0, loss_weight=1.0),
        )

    def stage(iou):
        assigner = dict(type="MaxIoUAssigner", pos_iou_thr=iou, neg_iou_thr=iou, min_pos_iou=iou, match_low_quality=False)
        sampler = dict(type="RandomSampler", num=10**6, pos_fraction=1, neg_pos_ub=-1, add_gt_as_proposals=True)
        return dict(assigner=assigner, sampler=sampler, mask_size=28, pos_weight=-1, debug=False)

    mask = dict(
        type="FCNMaskHead",
        num_convs=2,
        in_channels=CHANNELS,
        conv_out_channels=HIDDEN,
        num_classes=CLASSES,
        loss_mask=dict(type="CrossEntropyLoss", use_mask=True, loss_weight=1.0),
    )
    test = dict(score_thr=0.05, nms=dict(type="nms", iou_threshold=0.5), max_per_img=20, mask_thr_binary=0.5)
    return MODELS.build(
        ConfigDict(
            type="CascadeRoIHead",
            num_stages=3,
            stage_loss_weights=LOSS_WEIGHTS,
            bbox_roi_extractor=extractor(7),
            bbox_head=[bbox_head(stds) for stds in STDS],
            mask_roi_extractor=extractor(14),
            mask_head=mask,
            train_cfg=[stage(iou) for iou in IOUS],
            test_cfg=test,
        )
    )


def to_theirs(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """From TensorFlow's layout, with inputs of a linear layer by row, column, channel, to torch's."""
    if tensor.ndim == 4:
        return tensor.permute(3, 2, 0, 1)
    if name.endswith("fc6.weight"):
        return tensor.reshape(7, 7, CHANNELS, HIDDEN).permute(3, 2, 0, 1).flatten(1)
    return tensor.T if tensor.ndim == 2 else tensor


def theirs(name: str) -> str:
    """`roi_heads.box_head.0.fc6.weight` is `bbox_head.0.shared_fcs.0.weight`."""
    for old, new in (
        ("roi_heads.box_head.", "bbox_head."),
        ("roi_heads.box_predictor.", "bbox_head."),
        ("roi_heads.mask_head.", "mask_head."),
        ("roi_heads.mask_predictor.", "mask_head."),
        (".fc6.", ".shared_fcs.0."),
        (".fc7.", ".shared_fcs.1."),
        (".cls_score.", ".fc_cls."),
        (".bbox_pred.", ".fc_reg."),
        (".conv5_mask.", ".upsample."),
        (".mask_fcn_logits.", ".conv_logits."),
    ):
        name = name.replace(old, new)
    parts = name.split(".")
    if parts[0] == "mask_head" and parts[2].isdigit():
        parts[2:4] = ["convs", parts[2], "conv"]
    return ".".join(parts)


def load_weights(head) -> None:
    for stage in range(3):  # makes them, by their shapes
        box_head(torch.zeros(1, CHANNELS, 7, 7), stage)
        mask_head(torch.zeros(1, CHANNELS, 14, 14), stage)
    state = {theirs(name): to_theirs(name, value.detach()).contiguous() for name, value in ours.items()}
    head.load_state_dict(state, strict=True)


def inputs():
    features = []
    for level in range(4):
        side = 2 ** (level + 2)
        value = hashed(f"features/{level}", (2, HEIGHT // side, WIDTH // side, CHANNELS))
        features.append(torch.from_numpy(value.transpose(0, 3, 1, 2).copy()).requires_grad_(True))
    samples = []
    for i, (height, width) in enumerate(SIZES):
        runs = fixture[f"{i}.counts"].split(fixture[f"{i}.lengths"].tolist())
        encoded = [coco.frPyObjects({"counts": run.tolist(), "size": [height, width]}, height, width) for run in runs]
        bitmaps = np.stack([coco.decode(one) for one in encoded])
        sample = DetDataSample(metainfo=dict(img_shape=(height, width), ori_shape=(height, width), scale_factor=(1, 1)))
        sample.gt_instances = InstanceData(
            bboxes=fixture[f"{i}.truths"],
            labels=fixture[f"{i}.classes"].long(),
            masks=BitmapMasks(bitmaps, height, width),
        )
        samples.append(sample)
    return features, samples


def proposals():
    return [InstanceData(bboxes=fixture[f"{i}.proposals"].clone()) for i in range(len(SIZES))]


failures = 0


def compare(part: str, expected: torch.Tensor, actual: torch.Tensor, tolerance: float, relative=False) -> None:
    global failures
    assert expected.shape == actual.shape, f"{part}: {tuple(expected.shape)} and {tuple(actual.shape)}"
    error = (expected - actual).abs().max().item() / (expected.abs().max().item() if relative else 1)
    failures += error > tolerance
    print(f"{part:60s} {error:.2e} of {tolerance:g}{' FAILS' if error > tolerance else ''}")


def main() -> None:
    head = make_head()
    load_weights(head)
    features, samples = inputs()

    maps = []
    paste = head.mask_head[-1].predict_by_feat

    def keep(mask_preds, results_list, **rest):
        for mask, result in zip(mask_preds, results_list):
            maps.append(mask[torch.arange(len(result)), result.labels])
        return paste(mask_preds=mask_preds, results_list=results_list, **rest)

    head.mask_head[-1].predict_by_feat = keep
    with torch.no_grad():
        found = head.predict(tuple(features), proposals(), samples, rescale=False)
    for i, one in enumerate(found):
        compare(f"{i} boxes", fixture[f"logits.{i}.boxes"], one.bboxes, 0.01)
        compare(f"{i} scores", fixture[f"logits.{i}.scores"], one.scores, 1e-4)
        compare(f"{i} labels", fixture[f"logits.{i}.labels"].float(), one.labels.float(), 0)
    compare("masks", fixture["logits.masks"], torch.cat(maps).reshape(-1)[::37], 1e-4)

    losses = head.loss(tuple(features), proposals(), samples)
    parts = ("cls", "bbox", "mask")
    sums = torch.stack([sum(losses[f"s{stage}.loss_{part}"].sum() for stage in range(3)) for part in parts])
    sums.sum().backward()
    compare("losses", fixture["losses"], sums.detach(), 1e-4, relative=True)
    own = features[0].grad.permute(0, 2, 3, 1).reshape(-1)[::29]
    compare("gradient of features", fixture["gradient.features"], own, 1e-3, relative=True)
    parameters = dict(head.named_parameters())
    for name in GRADIENTS:
        # Their layout brings indices of ours along, by which their gradient is put into our order.
        value = ours[f"{name}.weight"]
        index = to_theirs(f"{name}.weight", torch.arange(value.numel()).reshape(value.shape)).reshape(-1)
        gradient = torch.empty(value.numel())
        gradient[index] = parameters[theirs(f"{name}.weight")].grad.reshape(-1)
        compare(f"gradient of {name}", fixture[f"gradient.{name}.weight"], gradient[::7], 1e-3, relative=True)
    sys.exit(failures > 0)


main()
