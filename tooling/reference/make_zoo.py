"""What the publishers of the zoo's checkpoints say of them, row by row: networks, preprocessing, thresholds, figures, files.

torchvision's rows are read off its own weights' metadata and off the networks that its constructors make for them (without fetching the
weights). mmdetection's, mmpose's and detectron2's are read off their configuration files, READMEs and model zoos, in git repositories that
the caller has; nothing of them is imported. What only code says, and no configuration, stands in this script with the place of that code.

Writes packages/cli/test/zoo/fixtures/zoo.json, in the words of our configurations: the test there compares every row of every zoo with its row
here, whole.

    python tooling/reference/make_zoo.py --mmdetection REPO --mmpose REPO --detectron2 REPO

The revisions are those below; --mmdetection may be any clone that has the tag.
"""

import argparse
import inspect
import json
import re
import subprocess
from pathlib import Path
from unittest import mock

import torch
import torchvision
import yaml
from torchvision.models import get_model, get_model_weights
from torchvision.models._api import WeightsEnum
from torchvision.models.detection import roi_heads, rpn
from torchvision.ops import MultiScaleRoIAlign, roi_align
from torchvision.ops.misc import FrozenBatchNorm2d
from torchvision.ops.poolers import LevelMapper

OUT = Path(__file__).parents[2] / "packages/cli/test/zoo/fixtures/zoo.json"
MMDETECTION, MMPOSE, DETECTRON2 = "v2.9.0", "v0.29.0", "v0.6"
NORMS = (torch.nn.BatchNorm2d, FrozenBatchNorm2d)


# ---------------------------------------------------------------------------------------------------------------- torchvision


def made_for(name: str, weights: WeightsEnum):
    """The network as the constructor makes it for these weights, which stay where they are."""
    with (
        mock.patch.object(WeightsEnum, "get_state_dict", lambda *_, **__: {}),
        mock.patch.object(torch.nn.Module, "load_state_dict", lambda *_, **__: None),
    ):
        return get_model(name, weights=weights)


def resnet_facts(net) -> dict:
    stages = [net.layer1, net.layer2, net.layer3, net.layer4]
    blocks = [len(stage) for stage in stages]
    basic = not hasattr(net.layer1[0], "conv3")
    depth = sum(blocks) * (2 if basic else 3) + 2
    inner = net.layer1[0].conv2
    (epsilon,) = {module.eps for module in net.modules() if isinstance(module, NORMS)}
    return {
        "depth": depth,
        "blocks": blocks,
        "block": "basic" if basic else "bottleneck",
        "width": net.conv1.out_channels,
        "groups": inner.groups,
        "groupWidth": inner.out_channels // inner.groups,
        "stridePlacement": "pytorch" if basic or net.layer2[0].conv2.stride == (2, 2) else "caffe",
        "batchNormEpsilon": epsilon,
        "pattern": None,
    }


def file_of(weights) -> dict:
    url = weights.url
    bytes_ = round(weights.meta["_file_size"] * 2**20)
    return {"url": url, "sha256": re.search(r"-([0-9a-f]{8})\.pth$", url)[1], "bytes": bytes_}


def scaled(values) -> list[float]:
    return [round(255 * value, 6) for value in values]


def torchvision_backbones() -> dict:
    """All ResNets, ResNeXts and wide ResNets of torchvision with supervised weights of ImageNet."""
    rows = {}
    for name in torchvision.models.list_models(module=torchvision.models):
        if not re.match(r"resnet|resnext|wide_resnet", name):
            continue
        for weights in get_model_weights(name):
            version = weights.name.removeprefix("IMAGENET1K_").lower()
            net = made_for(name, weights)
            transforms = weights.transforms()
            assert transforms.interpolation.value == "bilinear" and transforms.antialias
            (side,), (crop,) = transforms.resize_size, transforms.crop_size
            top = weights.meta["_metrics"]["ImageNet-1K"]
            rows[f"torchvision/{name.replace('_', '-')}-{version}"] = {
                "backbone": resnet_facts(net),
                "classes": net.fc.out_features,
                "input": {"size": side, "crop": crop, "mean": scaled(transforms.mean), "deviation": scaled(transforms.std)},
                "file": file_of(weights),
                "metric": {"top1": top["acc@1"], "top5": top["acc@5"]},
            }
    return rows


def count(module, kind) -> int:
    return sum(isinstance(part, kind) for part in module.modules())


def default(function, parameter):
    return inspect.signature(function).parameters[parameter].default


def torchvision_detector(name: str, weights) -> dict:
    net = made_for(name, weights)
    transform, proposals, heads = net.transform, net.rpn, net.roi_heads
    generator, pool = proposals.anchor_generator, heads.box_roi_pool
    linears = [part for part in heads.box_head.modules() if isinstance(part, torch.nn.Linear)]
    classes = weights.meta["categories"]
    assert classes[0] == "__background__"
    # What the code of the heads says, and no object: the losses, the least side of a detection.
    rpn_loss, box_loss = inspect.getsource(rpn.RegionProposalNetwork), inspect.getsource(roi_heads.fastrcnn_loss)
    (rpn_beta,) = re.findall(r"smooth_l1_loss\([^)]*?beta=1 / (\d+)", rpn_loss)
    (box_beta,) = re.findall(r"smooth_l1_loss\([^)]*?beta=1 / (\d+)", box_loss)
    (least,) = re.findall(r"remove_small_boxes\(boxes, min_size=([\d.e-]+)\)", inspect.getsource(roi_heads.RoIHeads))
    assert "aligned" not in inspect.getsource(torchvision.ops.poolers)
    assert {part.eps for part in net.modules() if isinstance(part, torch.nn.BatchNorm2d)} <= {1e-5}
    # The finest level that is pooled from has stride 4: level 2 of 2 to 5.
    level = LevelMapper(2, 5, pool.canonical_scale, pool.canonical_level)
    boxes = {
        kind: {
            "preNmsTopN": proposals._pre_nms_top_n[key],
            "postNmsTopN": proposals._post_nms_top_n[key],
            "nmsThreshold": proposals.nms_thresh,
            "minSize": proposals.min_size,
        }
        for kind, key in (("test", "testing"), ("train", "training"))
    }
    return {
        "backbone": resnet_facts(net.backbone.body),
        "classes": classes[1:],
        "fpnChannels": net.backbone.out_channels,
        "fpnNorm": count(net.backbone.fpn, NORMS) > 0,
        "input": {
            "minSize": transform.min_size[-1],
            "maxSize": transform.max_size,
            "divisor": transform.size_divisible,
            "mean": scaled(transform.image_mean),
            "deviation": scaled(transform.image_std),
            # A list of RGB tensors, by the documentation; `interpolate` with a scale factor rounds sizes down.
            "channels": "rgb",
            "sizeRounding": "floor",
            "resampling": "torch",
        },
        "rpn": {
            "anchors": {
                "sizes": [list(sizes) for sizes in generator.sizes],
                "ratios": [list(ratios) for ratios in set(generator.aspect_ratios)][0],
                "rounded": all(bool((cell == cell.round()).all()) for cell in generator.cell_anchors),
            },
            "convs": count(proposals.head.conv, torch.nn.Conv2d),
            **boxes,
            "matcher": {
                "foreground": proposals.proposal_matcher.high_threshold,
                "background": proposals.proposal_matcher.low_threshold,
                "allowLowQuality": proposals.proposal_matcher.allow_low_quality_matches,
            },
            "sampler": sampler(proposals.fg_bg_sampler),
            "smoothL1Beta": 1 / int(rpn_beta),
        },
        "roi": {
            "outputSize": pool.output_size[0],
            "samplingRatio": pool.sampling_ratio,
            "aligned": default(roi_align, "aligned"),
            "levelRule": {
                "canonicalSize": level.s0,
                "canonicalLevel": level.lvl0 - level.k_min,
                "levels": len(pool.featmap_names),
                "epsilon": level.eps,
            },
            "convs": count(heads.box_head, torch.nn.Conv2d),
            "linears": len(linears),
            "hidden": linears[-1].out_features,
            "coderWeights": list(heads.box_coder.weights),
            "background": "first",
            "backgroundDeltas": heads.box_predictor.bbox_pred.out_features == 4 * len(classes),
            "test": {
                "scoreThreshold": heads.score_thresh,
                "nmsThreshold": heads.nms_thresh,
                "maxDetections": heads.detections_per_img,
                "minSize": float(least),
            },
            "matcher": {
                "foreground": heads.proposal_matcher.high_threshold,
                "background": heads.proposal_matcher.low_threshold,
                "allowLowQuality": heads.proposal_matcher.allow_low_quality_matches,
            },
            "sampler": sampler(heads.fg_bg_sampler),
            "boxLoss": "smoothL1",
            "smoothL1Beta": 1 / int(box_beta),
        },
        **torchvision_masks(heads),
        "file": file_of(weights),
        "metric": {
            ours: weights.meta["_metrics"]["COCO-val2017"][theirs]
            for ours, theirs in (("AP", "box_map"), ("maskAP", "mask_map"))
            if theirs in weights.meta["_metrics"]["COCO-val2017"]
        },
        "norms": sorted(path for path, part in net.named_modules() if isinstance(part, NORMS)),
    }


def torchvision_masks(heads) -> dict:
    if not heads.has_mask():
        return {}
    pool, box = heads.mask_roi_pool, heads.box_roi_pool
    assert (pool.sampling_ratio, pool.canonical_scale, pool.featmap_names) == (box.sampling_ratio, box.canonical_scale, box.featmap_names)
    return {
        "mask": {
            "outputSize": pool.output_size[0],
            "convs": count(heads.mask_head, torch.nn.Conv2d),
            "hidden": heads.mask_predictor.conv5_mask.out_channels,
            "norm": count(heads.mask_head, NORMS) > 0,
            "convention": "torchvision",
            "everyStage": False,
        }
    }


def sampler(one) -> dict:
    return {"perImage": one.batch_size_per_image, "foregroundShare": one.positive_fraction}


# ---------------------------------------------------------------------------------------------- repositories of configurations


class Repository:
    def __init__(self, path: str, revision: str):
        self.path, self.revision = path, revision

    def text(self, file: str) -> str:
        """`git show` of a file at the revision; relative parts are resolved."""
        parts: list[str] = []
        for part in file.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        command = ["git", f"--git-dir={self.path}", "show", f"{self.revision}:{'/'.join(parts)}"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def python(self, file: str) -> dict:
        """A configuration of the open-mmlab kind: variables, over those of `_base_`."""
        names: dict = {}
        exec(re.sub(r"{{.*?}}", "None", self.text(file)), names)
        bases = names.get("_base_", [])
        merged: dict = {}
        for base in [bases] if isinstance(bases, str) else bases:
            merged = over(merged, self.python(f"{file}/../{base}"))
        return over(merged, {name: value for name, value in names.items() if not name.startswith("_")})

    def yaml(self, file: str) -> dict:
        """A configuration of the detectron2 kind."""
        values = yaml.safe_load(self.text(file))
        base = values.pop("_BASE_", None)
        return values if base is None else over(self.yaml(f"{file}/../{base}"), values)


def over(base, changes):
    if not (isinstance(base, dict) and isinstance(changes, dict)) or changes.get("_delete_"):
        return changes
    return {**base, **{key: over(base.get(key), value) for key, value in changes.items()}}


class Node(dict):
    """detectron2's CfgNode, as far as its defaults need it."""

    __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__


def standard(depth: int, **rest) -> dict:
    """By the paper (He et al.): mmdetection's and detectron2's ResNets have these, and PyTorch's default epsilon."""
    blocks = {50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}[depth]
    facts = {"depth": depth, "blocks": blocks, "block": "bottleneck", "width": 64, "groups": 1, "groupWidth": 64}
    return {**facts, "stridePlacement": "pytorch", "batchNormEpsilon": 1e-5, "pattern": None, **rest}


# ---------------------------------------------------------------------------------------------------------------- mmdetection


def mmdetection_detector(repo: Repository, file: str) -> dict:
    config = repo.python(f"configs/{file}.py")
    model, backbone = config["model"], config["model"]["backbone"]
    head, roi = model["rpn_head"], model["roi_head"]
    # Of a cascade there is one for each stage.
    stages, pool = [roi["bbox_head"]] if isinstance(roi["bbox_head"], dict) else roi["bbox_head"], roi["bbox_roi_extractor"]
    box, cascade = stages[0], len(stages) > 1
    train, test = model["train_cfg"], model["test_cfg"]
    (augment,) = [step for step in config["data"]["test"]["pipeline"] if step["type"] == "MultiScaleFlipAug"]
    steps = {step["type"]: step for step in augment["transforms"]}
    longest, shortest = augment["img_scale"]
    assert steps["Resize"]["keep_ratio"] and not augment["flip"]
    names = re.search(r"CLASSES = \((.*?)\)", repo.text("mmdet/datasets/coco.py"), re.S)[1]
    classes = re.findall(r"'([^']+)'", names)
    assert len(classes) == box["num_classes"]
    anchors = head["anchor_generator"]
    # mmdet/models/roi_heads/roi_extractors/single_level_roi_extractor.py: floor(log2(side / finest_scale + 1e-6)), of level 0.
    extractor = repo.text("mmdet/models/roi_heads/roi_extractors/single_level_roi_extractor.py")
    finest = int(re.search(r"finest_scale=(\d+)", extractor)[1])
    epsilon = float(re.search(r"self\.finest_scale \+ ([\d.e-]+)\)", extractor)[1])
    assert box["type"] == "Shared2FCBBoxHead" and all(one["reg_class_agnostic"] == cascade for one in stages)
    (beta,) = {smooth_l1_beta(one) for one in stages}
    learned = train["rcnn"] if cascade else [train["rcnn"]]
    assert all(mm_sampler(one) == mm_sampler(learned[0]) for one in learned)
    return {
        "backbone": standard(
            backbone["depth"],
            groups=backbone.get("groups", 1),
            groupWidth=backbone.get("base_width", 64),
            stridePlacement=backbone["style"],
        ),
        "classes": classes,
        "fpnChannels": model["neck"]["out_channels"],
        "fpnNorm": "norm_cfg" in model["neck"],
        "input": {
            "minSize": shortest,
            "maxSize": longest,
            "divisor": steps["Pad"]["size_divisor"],
            "mean": list(steps["Normalize"]["mean"]),
            "deviation": list(steps["Normalize"]["std"]),
            "channels": "rgb" if steps["Normalize"]["to_rgb"] else "bgr",
            # mmcv/image/geometric.py: int(side * scale + 0.5), and cv2.resize.
            "sizeRounding": "round",
            "resampling": "opencv",
        },
        "rpn": {
            "anchors": {
                "sizes": [[scale * stride for scale in anchors["scales"]] for stride in anchors["strides"]],
                "ratios": anchors["ratios"],
                # mmdet/core/anchor/anchor_generator.py does not round.
                "rounded": False,
            },
            "convs": 1,
            "test": mm_proposals(test["rpn"]),
            "train": mm_proposals(train["rpn_proposal"]),
            "matcher": mm_matcher(train["rpn"]),
            "sampler": mm_sampler(train["rpn"]),
            "smoothL1Beta": smooth_l1_beta(head),
        },
        "roi": {
            "outputSize": pool["roi_layer"]["output_size"],
            "samplingRatio": pool["roi_layer"]["sampling_ratio"],
            # mmcv/ops/roi_align.py: aligned=True.
            "aligned": True,
            "levelRule": {
                "canonicalSize": finest * 4,
                "canonicalLevel": 2,
                "levels": len(pool["featmap_strides"]),
                "epsilon": epsilon,
            },
            "convs": 0,
            "linears": 2,
            "hidden": box["fc_out_channels"],
            "coderWeights": mm_coder_weights(box),
            "background": "last",
            "backgroundDeltas": False,
            "test": {
                "scoreThreshold": test["rcnn"]["score_thr"],
                "nmsThreshold": test["rcnn"]["nms"]["iou_threshold"],
                "maxDetections": test["rcnn"]["max_per_img"],
                "minSize": 0,
            },
            "matcher": mm_matcher(learned[0]),
            "sampler": mm_sampler(learned[0]),
            "boxLoss": "smoothL1",
            "smoothL1Beta": beta,
            **({"cascade": mm_cascade(repo, roi, stages, learned)} if cascade else {}),
        },
        **({"mask": mm_masks(roi, learned, test)} if "mask_head" in roi else {}),
    }


def smooth_l1_beta(head: dict) -> float:
    """Plain L1 is the limit of 0."""
    loss = head["loss_bbox"]
    assert loss["loss_weight"] == 1
    return {"L1Loss": lambda: 0, "SmoothL1Loss": lambda: loss["beta"]}[loss["type"]]()


def mm_coder_weights(head: dict) -> list[float]:
    return [1 / deviation for deviation in head["bbox_coder"]["target_stds"]]


def mm_cascade(repo: Repository, roi: dict, stages: list, learned: list) -> dict:
    # Logits are averaged, whose softmax is taken thereafter.
    code = repo.text("mmdet/models/roi_heads/cascade_roi_head.py")
    assert "ms_scores.append(cls_score)" in code and "sum([score[i] for score in ms_scores]) / float(len(ms_scores))" in code
    assert roi["stage_loss_weights"][0] == 1
    further = zip(stages[1:], learned[1:], roi["stage_loss_weights"][1:])
    return {
        "stages": [
            {"matcher": mm_matcher(one), "coderWeights": mm_coder_weights(head), "lossWeight": weight} for head, one, weight in further
        ],
        "average": "logits",
    }


def mm_masks(roi: dict, learned: list, test: dict) -> dict:
    head, pool, box = roi["mask_head"], roi["mask_roi_extractor"], roi["bbox_roi_extractor"]
    assert head["type"] == "FCNMaskHead" and pool["roi_layer"]["sampling_ratio"] == box["roi_layer"]["sampling_ratio"]
    assert {one["mask_size"] for one in learned} == {2 * pool["roi_layer"]["output_size"]} and test["rcnn"]["mask_thr_binary"] == 0.5
    return {
        "outputSize": pool["roi_layer"]["output_size"],
        "convs": head["num_convs"],
        "hidden": head["conv_out_channels"],
        "norm": "norm_cfg" in head,
        # mmdet/models/roi_heads/mask_heads/fcn_mask_head.py: _do_paste_mask is detectron2's.
        "convention": "detectron2",
        # CascadeRoIHead.init_mask_head: one for each stage.
        "everyStage": True,
    }


def mm_proposals(config: dict) -> dict:
    assert not config["nms_across_levels"]
    return {
        "preNmsTopN": config["nms_pre"],
        "postNmsTopN": config["max_num"],
        "nmsThreshold": config["nms_thr"],
        "minSize": config["min_bbox_size"],
    }


def mm_matcher(config: dict) -> dict:
    assigner = config["assigner"]
    return {
        "foreground": assigner["pos_iou_thr"],
        "background": assigner["neg_iou_thr"],
        "allowLowQuality": assigner["match_low_quality"],
    }


def mm_sampler(config: dict) -> dict:
    return {"perImage": config["sampler"]["num"], "foregroundShare": config["sampler"]["pos_fraction"]}


def mmdetection_rows(repo: Repository) -> dict:
    rows = {}
    for path in (
        "faster_rcnn/faster_rcnn_r50_fpn_1x_coco",
        "faster_rcnn/faster_rcnn_r50_fpn_2x_coco",
        "faster_rcnn/faster_rcnn_r50_caffe_fpn_1x_coco",
        "faster_rcnn/faster_rcnn_r101_fpn_1x_coco",
        "faster_rcnn/faster_rcnn_x101_32x4d_fpn_1x_coco",
        "mask_rcnn/mask_rcnn_r50_fpn_1x_coco",
        "mask_rcnn/mask_rcnn_r101_fpn_1x_coco",
        "cascade_rcnn/cascade_rcnn_r50_fpn_1x_coco",
        "cascade_rcnn/cascade_rcnn_r101_fpn_1x_coco",
        "cascade_rcnn/cascade_mask_rcnn_r50_fpn_1x_coco",
        "cascade_rcnn/cascade_mask_rcnn_r101_fpn_1x_coco",
    ):
        folder, file = path.split("/")
        readme = repo.text(f"configs/{folder}/README.md")
        line = next(line for line in readme.splitlines() if f"/{file}.py)" in line and "Loss" not in line)
        url = re.search(r"\[model\]\(https?(://[^)]+)\)", line)[1]
        cells = [cell.strip() for cell in line.split("|")]
        metric = {"AP": float(cells[6]), **({"maskAP": float(cells[7])} if "mask_rcnn" in file else {})}
        name = file.removesuffix("_coco").replace("_", "-")
        rows[f"mmdetection/{name}"] = {
            **mmdetection_detector(repo, path),
            "file": {"url": f"https{url}", "sha256": re.search(r"-([0-9a-f]{8})\.pth$", url)[1]},
            "metric": metric,
        }
    return rows


# ----------------------------------------------------------------------------------------------------------------- detectron2


def detectron2_defaults(repo: Repository) -> dict:
    text = repo.text("detectron2/config/defaults.py").replace("from .config import CfgNode as CN", "")
    names: dict = {"CN": Node}
    exec(text, names)
    return names["_C"]


def detectron2_detector(repo: Repository, file: str, classes: list[str]) -> dict:
    config = over(detectron2_defaults(repo), repo.yaml(f"configs/{file}.yaml"))
    model = config["MODEL"]
    head, roi, box, generator = model["RPN"], model["ROI_HEADS"], model["ROI_BOX_HEAD"], model["ANCHOR_GENERATOR"]
    resnet = model["RESNETS"]
    assert config["INPUT"]["FORMAT"] == "BGR" and len(classes) == roi["NUM_CLASSES"]
    assert head["BBOX_REG_LOSS_TYPE"] == box["BBOX_REG_LOSS_TYPE"] == "smooth_l1" and head["CONV_DIMS"] == [-1]
    # detectron2/modeling/poolers.py, assign_boxes_to_levels; canonical size and level are ROIPooler's own.
    poolers = repo.text("detectron2/modeling/poolers.py")
    epsilon = float(re.search(r"canonical_box_size \+ ([\d.e-]+)\)", poolers)[1])
    size = int(re.search(r"canonical_box_size=(\d+)", poolers)[1])
    level = int(re.search(r"canonical_level=(\d+)", poolers)[1])
    low, high = head["IOU_THRESHOLDS"]
    (threshold,) = roi["IOU_THRESHOLDS"]
    return {
        "backbone": standard(
            resnet["DEPTH"],
            groups=resnet["NUM_GROUPS"],
            groupWidth=resnet["WIDTH_PER_GROUP"],
            stridePlacement="caffe" if resnet["STRIDE_IN_1X1"] else "pytorch",
        ),
        "classes": classes,
        "fpnChannels": model["FPN"]["OUT_CHANNELS"],
        "fpnNorm": model["FPN"]["NORM"] != "",
        "input": {
            "minSize": config["INPUT"]["MIN_SIZE_TEST"],
            "maxSize": config["INPUT"]["MAX_SIZE_TEST"],
            # detectron2/modeling/backbone/fpn.py: size_divisibility, the coarsest stride that the backbone gives.
            "divisor": 32,
            "mean": list(model["PIXEL_MEAN"]),
            "deviation": list(model["PIXEL_STD"]),
            "channels": "bgr",
            # detectron2/data/transforms: ResizeShortestEdge, and PIL's bilinear resize.
            "sizeRounding": "detectron2",
            "resampling": "pillow",
        },
        "rpn": {
            # detectron2/modeling/anchor_generator.py does not round.
            "anchors": {"sizes": generator["SIZES"], "ratios": generator["ASPECT_RATIOS"][0], "rounded": False},
            "convs": 1,
            **{
                kind: {
                    "preNmsTopN": head[f"PRE_NMS_TOPK_{kind.upper()}"],
                    "postNmsTopN": head[f"POST_NMS_TOPK_{kind.upper()}"],
                    "nmsThreshold": head["NMS_THRESH"],
                    "minSize": model["PROPOSAL_GENERATOR"]["MIN_SIZE"],
                }
                for kind in ("test", "train")
            },
            # detectron2/modeling/proposal_generator/rpn.py: allow_low_quality_matches=True.
            "matcher": {"foreground": high, "background": low, "allowLowQuality": True},
            "sampler": {"perImage": head["BATCH_SIZE_PER_IMAGE"], "foregroundShare": head["POSITIVE_FRACTION"]},
            "smoothL1Beta": head["SMOOTH_L1_BETA"],
        },
        "roi": {
            "outputSize": box["POOLER_RESOLUTION"],
            "samplingRatio": box["POOLER_SAMPLING_RATIO"],
            "aligned": box["POOLER_TYPE"] == "ROIAlignV2",
            "levelRule": {
                "canonicalSize": size,
                "canonicalLevel": level - 2,
                "levels": len(roi["IN_FEATURES"]),
                "epsilon": epsilon,
            },
            "convs": box["NUM_CONV"],
            "linears": box["NUM_FC"],
            "hidden": box["FC_DIM"],
            "coderWeights": list(box["BBOX_REG_WEIGHTS"]),
            # detectron2/modeling/roi_heads/fast_rcnn.py: "the last class is background".
            "background": "last",
            "backgroundDeltas": False,
            "test": {
                "scoreThreshold": roi["SCORE_THRESH_TEST"],
                "nmsThreshold": roi["NMS_THRESH_TEST"],
                "maxDetections": config["TEST"]["DETECTIONS_PER_IMAGE"],
                "minSize": 0,
            },
            # detectron2/modeling/roi_heads/roi_heads.py: allow_low_quality_matches=False.
            "matcher": {"foreground": threshold, "background": threshold, "allowLowQuality": False},
            "sampler": {"perImage": roi["BATCH_SIZE_PER_IMAGE"], "foregroundShare": roi["POSITIVE_FRACTION"]},
            "boxLoss": "smoothL1",
            "smoothL1Beta": box["SMOOTH_L1_BETA"],
        },
        **({"mask": detectron2_masks(model)} if model["MASK_ON"] else {}),
    }


def detectron2_masks(model: dict) -> dict:
    head, box = model["ROI_MASK_HEAD"], model["ROI_BOX_HEAD"]
    assert not head["CLS_AGNOSTIC_MASK"] and head["NAME"] == "MaskRCNNConvUpsampleHead"
    assert head["POOLER_SAMPLING_RATIO"] == box["POOLER_SAMPLING_RATIO"] and head["POOLER_TYPE"] == box["POOLER_TYPE"]
    return {
        "outputSize": head["POOLER_RESOLUTION"],
        "convs": head["NUM_CONV"],
        "hidden": head["CONV_DIM"],
        "norm": head["NORM"] != "",
        "convention": "detectron2",
        "everyStage": False,
    }


def detectron2_rows(repo: Repository) -> dict:
    rows = {}
    zoo = repo.text("MODEL_ZOO.md")
    assert "contains its md5 prefix in its file name" in zoo
    metadata = repo.text("detectron2/data/datasets/builtin_meta.py")
    things = re.findall(r'"isthing": 1, "id": \d+, "name": "([^"]+)"', metadata)
    for path in (
        "COCO-Detection/faster_rcnn_R_50_FPN_1x",
        "COCO-Detection/faster_rcnn_R_50_FPN_3x",
        "COCO-Detection/faster_rcnn_R_101_FPN_3x",
        "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x",
    ):
        name = path.split("/")[1]
        row = next(row for row in re.findall(rf"<!-- ROW: {name} -->.*?</tr>", zoo, re.S) if f"/{path}/" in row)
        url = re.search(rf'"(https://[^"]+/{path}/[^"]+\.pkl)"', row)[1]
        cells = re.findall(r'<td align="center">(.*?)</td>', row)
        own = re.sub(r"_R_(\d+)_", r"_R\1_", name).lower().replace("_", "-")
        rows[f"detectron2/{own}"] = {
            **detectron2_detector(repo, path, things),
            "file": {"url": url, "md5": re.search(r"_([0-9a-f]{6})\.pkl$", url)[1]},
            # Schedule, train time, inference time, memory, box AP, and mask AP or the number of the training.
            "metric": {"AP": float(cells[4]), **({"maskAP": float(cells[5])} if name.startswith("mask") else {})},
        }
    return rows


# -------------------------------------------------------------------------------------------------------------- mmpose, IC-Conv


def mmpose_estimator(repo: Repository, file: str) -> dict:
    config = repo.python(f"configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/{file}.py")
    model = config["model"]
    head, test, loss = model["keypoint_head"], model["test_cfg"], model["keypoint_head"]["loss_keypoint"]
    (resize,) = [step for step in config["test_pipeline"] if step["type"] == "BottomUpResizeAlign"]
    (normal,) = [step for step in resize["transforms"] if step["type"] == "NormalizeTensor"]
    (target,) = [step for step in config["train_pipeline"] if step["type"] == "BottomUpGenerateTarget"]
    info = repo.python("configs/_base_/datasets/coco.py")["dataset_info"]
    keypoints = [info["keypoint_info"][i]["name"] for i in range(len(info["keypoint_info"]))]
    swap = {name: point["swap"] for point in info["keypoint_info"].values() if (name := point["name"]) and point["swap"]}
    pairs = sorted({tuple(sorted((keypoints.index(a), keypoints.index(b)))) for a, b in swap.items()})
    edges = [[keypoints.index(end) for end in edge["link"]] for edge in info["skeleton_info"].values()]
    # mmpose/models/heads/ae_simple_head.py: three transposed convolutions of 256 channels, kernel 4.
    simple = repo.text("mmpose/models/heads/ae_simple_head.py")
    layers = int(re.search(r"num_deconv_layers=(\d+)", simple)[1])
    channels = eval(re.search(r"num_deconv_filters=(\([\d, ]+\))", simple)[1])
    kernels = eval(re.search(r"num_deconv_kernels=(\([\d, ]+\))", simple)[1])
    assert layers == len(channels) == len(kernels) and head["type"] == "AESimpleHead"
    # mmpose/datasets/pipelines/bottom_up_transform.py: base_length=64.
    divisor = int(re.search(r"base_length=(\d+)", repo.text("mmpose/datasets/pipelines/bottom_up_transform.py"))[1])
    return {
        "backbone": standard(model["backbone"]["depth"]),
        "skeleton": {
            "keypoints": keypoints,
            "swapPairs": [list(pair) for pair in pairs],
            "edges": sorted(sorted(edge) for edge in edges),
            "sigmas": info["sigmas"],
        },
        "head": {
            "deconvs": [{"channels": c, "kernel": k} for c, k in zip(channels, kernels)],
            "tagPerKeypoint": head["tag_per_joint"],
            "higher": [],
        },
        "input": {
            "size": config["data_cfg"]["image_size"],
            "divisor": divisor,
            "mean": scaled(normal["mean"]),
            "deviation": scaled(normal["std"]),
            "sampling": "mmpose",
        },
        "grouping": {
            "nmsKernel": test["nms_kernel"],
            "maxPeople": test["max_num_people"],
            "detectionThreshold": test["detection_threshold"],
            "tagThreshold": test["tag_threshold"],
            "useDetectionVal": test["use_detection_val"],
            "ignoreTooMuch": test["ignore_too_much"],
            "adjust": test["adjust"],
            "refine": test["refine"],
        },
        "loss": {
            "sigma": target["sigma"],
            # mmpose/datasets/pipelines/bottom_up_transform.py, HeatmapGenerator: joints are cut to whole pixels.
            "centre": "pixel",
            "heatmap": loss["heatmaps_loss_factor"][0],
            "push": loss["push_loss_factor"][0],
            "pull": loss["pull_loss_factor"][0],
        },
    }


def mmpose_rows(repo: Repository) -> dict:
    table = repo.text("configs/body/2d_kpt_sview_rgb_img/associative_embedding/coco/resnet_coco.md")
    rows: dict = {}
    for file, ap, url in re.findall(r"/(res\d+_coco_\d+x\d+)\.py\) \| +\d+x\d+ +\| ([\d.]+) .*?\[ckpt\]\(([^)]+)\)", table):
        depth, size = re.match(r"res(\d+)_coco_(\d+)x", file).groups()
        row = rows.setdefault(
            f"mmpose/bottom-up-resnet{depth}-{size}",
            {
                **mmpose_estimator(repo, file),
                "file": {"url": url, "sha256": re.search(r"-([0-9a-f]{8})_", url)[1]},
                "metric": {},
            },
        )
        # The first table is at one scale, the second at three.
        row["metric"]["APmultiScale" if row["metric"] else "AP"] = round(100 * float(ap), 1)
    return rows


def inception_rows(backbone_input: dict, detectors_of: dict, estimator: dict) -> tuple[dict, dict, dict]:
    """
    By hand, as the authors have one archive with neither configurations nor checksums: Liu et al., arXiv 2012.13587, tables 2, 5 and 6, and
    the README of github.com/yifan123/IC-Conv. For detection mmdetection's conventions are assumed, for pose mmpose's are used, as their code is.
    """
    backbones = {
        f"ic-conv/ic-resnet{depth}-k9": {
            "backbone": standard(depth, pattern=f"detection/ic-resnet{depth}-k9"),
            "classes": 1000,
            "input": backbone_input,
            "file": None,
            "metric": {},
        }
        for depth in (50, 101)
    }
    detectors = {
        f"ic-conv/{kind}-ic-r{depth}": {
            **detectors_of[kind],
            "backbone": standard(depth, pattern=f"{'segmentation' if mask else 'detection'}/ic-resnet{depth}-k9"),
            "file": None,
            "metric": {"AP": ap, **({"maskAP": mask} if mask else {})},
        }
        for kind, depth, ap, mask in (
            ("faster-rcnn", 50, 38.9, None),
            ("faster-rcnn", 101, 41.9, None),
            ("cascade-rcnn", 50, 42.4, None),
            ("cascade-rcnn", 101, 45.0, None),
            ("mask-rcnn", 50, 40.0, 35.9),
            ("mask-rcnn", 101, 42.6, 37.9),
            ("cascade-mask-rcnn", 50, 43.4, 36.8),
            ("cascade-mask-rcnn", 101, 45.7, 38.7),
        )
    }
    poses = {
        f"ic-conv/bottom-up-{'ic-' if pattern else ''}resnet{depth}-640": {
            **estimator,
            "backbone": standard(depth, pattern=pattern),
            "file": None,
            "metric": {"AP": ap, "APmultiScale": scales},
        }
        for depth, pattern, ap, scales in (
            (50, None, 51.0, 55.8),
            (50, "pose/ic-resnet50-k13", 62.2, 65.8),
            (101, None, 55.5, 60.2),
            (101, "pose/ic-resnet101-k13", 63.3, 68.5),
        )
    }
    return backbones, detectors, poses


def without_file(row: dict) -> dict:
    return {key: value for key, value in row.items() if key not in ("file", "metric")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for library in ("mmdetection", "mmpose", "detectron2"):
        parser.add_argument(f"--{library}", required=True, help="a git directory")
    flags = parser.parse_args()

    backbones = torchvision_backbones()
    detectors = {
        "torchvision/fasterrcnn-resnet50-fpn": torchvision_detector(
            "fasterrcnn_resnet50_fpn", torchvision.models.detection.FasterRCNN_ResNet50_FPN_Weights.COCO_V1
        ),
        "torchvision/fasterrcnn-resnet50-fpn-v2": torchvision_detector(
            "fasterrcnn_resnet50_fpn_v2", torchvision.models.detection.FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1
        ),
        "torchvision/maskrcnn-resnet50-fpn": torchvision_detector(
            "maskrcnn_resnet50_fpn", torchvision.models.detection.MaskRCNN_ResNet50_FPN_Weights.COCO_V1
        ),
        "torchvision/maskrcnn-resnet50-fpn-v2": torchvision_detector(
            "maskrcnn_resnet50_fpn_v2", torchvision.models.detection.MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1
        ),
        **mmdetection_rows(Repository(flags.mmdetection, MMDETECTION)),
        **detectron2_rows(Repository(flags.detectron2, DETECTRON2)),
    }
    poses = mmpose_rows(Repository(flags.mmpose, MMPOSE))
    ours = inception_rows(
        backbones["torchvision/resnet50-v1"]["input"],
        {
            kind: without_file(detectors[f"mmdetection/{kind}-r50-fpn-1x"])
            for kind in ("faster-rcnn", "cascade-rcnn", "mask-rcnn", "cascade-mask-rcnn")
        },
        without_file(poses["mmpose/bottom-up-resnet50-640"]),
    )
    table = {
        "script": "tooling/reference/make_zoo.py",
        "versions": {
            "torchvision": torchvision.__version__,
            "mmdetection": MMDETECTION,
            "mmpose": MMPOSE,
            "detectron2": DETECTRON2,
        },
        "rows": {
            "backbone": {**backbones, **ours[0]},
            "detection": {**detectors, **ours[1]},
            "pose": {**poses, **ours[2]},
        },
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(table, ensure_ascii=False) + "\n")
