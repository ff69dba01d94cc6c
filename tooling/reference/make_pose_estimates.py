"""Fixtures of whole pose estimates: mmpose 0.29's model, test pipeline and grouping on pictures of COCO.

The network, packages/pose/test/golden/fixtures/free-tags, was trained with free tags as mmpose's on the scenes of examples/figures alone: on
photographs it finds dozens of people a picture, which is what grouping needs. Backbone, head, test pipeline, flip test, grouping and the
way back to the picture are mmpose's; the only thing added is the inception convolution, by the official layer's semantics: runs of output
channels with a dilation each.

    pip install -r tooling/reference/requirements-pose.txt   # see there
    python tooling/reference/make_pose_estimates.py path/to/coco-mini

Writes packages/pose/test/golden/fixtures/estimates.safetensors and estimates.json: numbers only.
"""

import hashlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch
import torch.nn.functional as F
from make_keypoint_grouping import topk_by_index
from make_pose_inputs import COCO, dump
from mmpose.core.post_processing.group import HeatmapParser
from mmpose.datasets.pipelines import Compose
from mmpose.models import build_posenet
from torch import nn

ROOT = Path(__file__).parents[2]
OUT = ROOT / "packages/pose/test/golden/fixtures"
MODEL = OUT / "free-tags"
# As tests of the published configurations run: grouping, divisor and flip test are mmpose's.
GROUPING = dict(
    max_num_people=30, nms_kernel=5, nms_padding=2, detection_threshold=0.1, tag_threshold=1,
    use_detection_val=True, ignore_too_much=False, adjust=True, refine=True,
)  # fmt: skip
# The three tests on all pictures at a size that mmpose's grouping takes seconds for; published sizes and other groupings on a few.
MODES = [
    {"name": "single", "size": 256, "flip": False, "scales": [1], "grouping": {}, "pictures": 20},
    {"name": "flip", "size": 256, "flip": True, "scales": [1], "grouping": {}, "pictures": 20},
    {"name": "multi", "size": 256, "flip": True, "scales": [0.5, 1, 2], "grouping": {}, "pictures": 20},
    {"name": "single at 640", "size": 640, "flip": False, "scales": [1], "grouping": {}, "pictures": 2},
    {"name": "flip at 512", "size": 512, "flip": True, "scales": [1], "grouping": {}, "pictures": 2},
    {"name": "without detection values", "size": 256, "flip": True, "scales": [1], "grouping": {"use_detection_val": False}, "pictures": 3},
    {"name": "unadjusted", "size": 256, "flip": True, "scales": [1], "grouping": {"adjust": False}, "pictures": 3},
    {"name": "unrefined", "size": 256, "flip": True, "scales": [1], "grouping": {"refine": False}, "pictures": 3},
]


class Inception(nn.Conv2d):
    def __init__(self, conv: nn.Conv2d, runs):
        super().__init__(conv.in_channels, conv.out_channels, 3, conv.stride, bias=False)
        self.runs = runs

    def forward(self, x):
        parts, start = [], 0
        for count, dilation in self.runs:
            parts.append(F.conv2d(x, self.weight[start : start + count], None, self.stride, dilation, dilation))
            start += count
        assert start == self.out_channels
        return torch.cat(parts, 1)


def runs(text: str):
    """`16*1x1 1x2`: 16 channels of dilation 1x1 and one of 1x2."""
    for word in text.split():
        count, _, pair = word.rpartition("*")
        yield int(count or 1), tuple(int(number) for number in pair.split("x"))


def build(config: dict) -> nn.Module:
    width, joints = config["backbone"]["width"], len(config["skeleton"]["keypoints"])
    filters = tuple(deconv["channels"] for deconv in config["head"]["deconvs"])
    model = build_posenet(
        dict(
            type="AssociativeEmbedding",
            pretrained=None,
            backbone=dict(type="ResNet", depth=18, stem_channels=width, base_channels=width),
            keypoint_head=dict(
                type="AESimpleHead", in_channels=8 * width, num_joints=joints, num_deconv_filters=filters, tag_per_joint=True,
                with_ae_loss=[True],
                loss_keypoint=dict(
                    type="MultiLossFactory", num_joints=joints, num_stages=1, ae_loss_type="exp", with_ae_loss=[True],
                    push_loss_factor=[0.001], pull_loss_factor=[0.001], with_heatmaps_loss=[True], heatmaps_loss_factor=[1.0],
                ),
            ),
            train_cfg=dict(),
            test_cfg=dict(
                num_joints=joints, scale_factor=[1], with_heatmaps=[True], with_ae=[True], project2image=True, align_corners=False,
                tag_per_joint=True, flip_test=True, **GROUPING,
            ),
        )
    )  # fmt: skip
    for layer in config["backbone"]["conv"]["pattern"]["layers"]:
        *path, name = layer["name"].split(".")
        owner = model.backbone.get_submodule(".".join(path))
        setattr(owner, name, Inception(getattr(owner, name), list(runs(layer["dilations"]))))
    # TensorFlow's layout: filters [H, W, in, out], of transposed convolutions [H, W, out, in].
    loaded = safetensors.torch.load_file(MODEL / "model.safetensors")
    weights = {name: value.permute(3, 2, 0, 1) if value.ndim == 4 else value for name, value in loaded.items()}
    result = model.load_state_dict(weights, strict=False)
    assert not result.unexpected_keys and all(key.endswith("num_batches_tracked") for key in result.missing_keys), result
    return model.eval()


def pipeline(mode: dict) -> Compose:
    """The test pipeline of mmpose's configurations, without reading the file."""
    return Compose(
        [
            dict(type="BottomUpGetImgSize", test_scale_factor=mode["scales"]),
            dict(
                type="BottomUpResizeAlign",
                transforms=[
                    dict(type="ToTensor"),
                    dict(type="NormalizeTensor", mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
                ],
            ),
            dict(
                type="Collect",
                keys=["img"],
                meta_keys=["image_file", "aug_data", "test_scale_factor", "base_size", "center", "scale", "flip_index"],
            ),
        ]
    )


def estimates(model: nn.Module, config: dict, mode: dict, images: list[int], folder: Path) -> dict:
    """People of the pictures, as the model's test returns them: keypoints [P, K, 3] with x, y in pixels and score, and scores [P]."""
    joints = len(config["skeleton"]["keypoints"])
    flip_index = list(range(joints))
    for a, b in config["skeleton"]["swapPairs"]:
        flip_index[a], flip_index[b] = b, a
    prepare = pipeline(mode)
    model.test_cfg.update(GROUPING | mode["grouping"], flip_test=mode["flip"])
    model.parser = HeatmapParser(model.test_cfg)
    # Enlarged maps have equal maxima side by side at their border, whose order torch leaves open.
    torch.Tensor.topk = topk_by_index
    tensors = {}
    for image in images:
        file = f"{image:012}.jpg"
        picture = cv2.cvtColor(cv2.imread(str(folder / "images" / file)), cv2.COLOR_BGR2RGB)
        info = {"image_size": np.array([mode["size"], mode["size"]]), "num_joints": joints, "flip_index": flip_index}
        data = prepare({"img": picture, "image_file": file, "ann_info": info})
        with torch.no_grad():
            found = model(img=torch.from_numpy(data["img"])[None], img_metas=[data["img_metas"].data], return_loss=False)
        name = f"{mode['name']}/{image}"
        tensors[f"{name}/keypoints"] = np.stack([person[:, :3] for person in found["preds"]]).astype(np.float32)
        tensors[f"{name}/scores"] = np.array(found["scores"], np.float32)
        print(f"{name}: {len(found['scores'])} people, best {max(found['scores']):.3f}", flush=True)
    return tensors


def main() -> None:
    torch.set_num_threads(1)
    config = json.loads((MODEL / "model.json").read_text())["config"]
    model = build(config)
    tensors = {}
    for mode in MODES:
        tensors |= estimates(model, config, mode, COCO[: mode["pictures"]], Path(sys.argv[1]))
    file = OUT / "estimates.safetensors"
    safetensors.numpy.save_file(tensors, file)
    head = {
        "script": "tooling/reference/make_pose_estimates.py",
        "versions": {"torch": torch.__version__, "mmpose": "0.29.0", "mmcv": "1.7.0", "opencv": cv2.__version__},
        "weights": {"file": str(MODEL.relative_to(ROOT)), "sha256": hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()},
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest()},
    }
    dump(OUT / "estimates.json", head, {"pictures": [f"{image:012}.jpg" for image in COCO], "modes": MODES})
    print(file, file.stat().st_size)


if __name__ == "__main__":
    main()
