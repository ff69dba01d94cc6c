"""Sizes that the libraries' detectors resize pictures to, for every picture of up to 1400 x 1400 pixels.

torchvision's own code runs (GeneralizedRCNNTransform's resizing, and torch's interpolate up to the pixels, which are left away);
mmcv's `rescale_size` and detectron2's `ResizeShortestEdge.get_output_shape`, which need their packages, are said again here.
Writes packages/tensor-ops/test/image-batch/fixtures/resized-sizes.json: for each library and each height an FNV-1a hash of the sizes
of all widths, and the sizes of some pictures in clear.
"""

import json
from pathlib import Path

import torch
import torchvision
from torchvision.models.detection.transform import _resize_image_and_masks

OUT = Path(__file__).parents[2] / "packages/tensor-ops/test/image-batch/fixtures/resized-sizes.json"
LARGEST = 1400
SHORTEST, LONGEST = 800, 1333
CLEAR = [(334, 500), (370, 500), (393, 640), (427, 640), (640, 427), (480, 640), (300, 1000), (3, 62), (682, 11), (800, 1333)]

asked: list[int] = []


def record(image, size, *_):
    asked[:] = size
    return image


torch._C._nn.upsample_bilinear2d = record
pixel = torch.zeros(1)


def torchvision_size(height: int, width: int) -> tuple[int, int]:
    _resize_image_and_masks(pixel.expand(1, height, width), SHORTEST, LONGEST)
    return asked[0], asked[1]


def mmcv_size(height: int, width: int) -> tuple[int, int]:
    """open-mmlab/mmcv, mmcv/image/geometric.py: rescale_size, _scale_size."""
    factor = min(LONGEST / max(height, width), SHORTEST / min(height, width))
    return int(height * float(factor) + 0.5), int(width * float(factor) + 0.5)


def detectron2_size(height: int, width: int) -> tuple[int, int]:
    """facebookresearch/detectron2, detectron2/data/transforms/augmentation_impl.py: ResizeShortestEdge.get_output_shape."""
    size = SHORTEST * 1.0
    scale = size / min(height, width)
    new_height, new_width = (size, scale * width) if height < width else (scale * height, size)
    if max(new_height, new_width) > LONGEST:
        scale = LONGEST * 1.0 / max(new_height, new_width)
        new_height, new_width = new_height * scale, new_width * scale
    return int(new_height + 0.5), int(new_width + 0.5)


def sides(size: tuple[int, int]) -> tuple[int, int]:
    """A side of 0 is an error in the libraries; here it is 1."""
    return max(1, size[0]), max(1, size[1])


def row_hash(size_of, height: int) -> str:
    value = 0x811C9DC5
    for width in range(1, LARGEST + 1):
        for side in sides(size_of(height, width)):
            for byte in (side & 0xFF, side >> 8):
                value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


libraries = {"torchvision": torchvision_size, "mmdetection": mmcv_size, "detectron2": detectron2_size}
OUT.write_text(
    json.dumps(
        {
            "script": "tooling/reference/make_resized_sizes.py",
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
            "largest": LARGEST,
            "shortest": SHORTEST,
            "longest": LONGEST,
            "clear": {name: [[*size, *sides(size_of(*size))] for size in CLEAR] for name, size_of in libraries.items()},
            "rows": {
                name: "".join(row_hash(size_of, height) for height in range(1, LARGEST + 1))
                for name, size_of in libraries.items()
            },
        }
    )
    + "\n"
)
