"""Mask fixtures of packages/coco from pycocotools: polygons to run lengths, area, box, merge, IoU with crowds."""

import json
import os

import numpy as np
import pycocotools
from importlib.metadata import version
from pycocotools import mask

OUT = os.path.join(os.path.dirname(__file__), "../../packages/coco/test/fixtures")
SEED = 20240607


def main():
    rng = np.random.default_rng(SEED)
    h, w = 37, 53
    polygons = []
    for i in range(60):
        k = int(rng.integers(3, 12))
        points = rng.random((k, 2)) * [w, h]
        if i % 4 == 0:
            points = points * 1.6 - 10  # partly, or wholly, outside
        if i % 5 == 0:
            points = np.round(points)  # corners on the grid
        if i % 7 == 0:
            points = np.repeat(points, 2, 0)  # repeated points
        if i % 11 == 0:
            points[:, 0] = points[0, 0]  # no width
        polygons.append([round(float(v), 2) for v in points.reshape(-1)])
    rles = [mask.frPyObjects([p], h, w)[0] for p in polygons]
    boxes = [[round(float(v), 2) for v in row] for row in rng.random((12, 4)) * [w, h, w, h]]
    box_rles = mask.frPyObjects(np.array(boxes), h, w)
    pixels = [mask.decode(r) for r in rles[:6]]
    dt, gt = rles[:30], rles[30:]
    crowd = [int(c) for c in rng.integers(0, 2, 30)]
    box_crowd = [int(c) for c in rng.integers(0, 2, 6)]
    text = lambda r: r["counts"].decode()
    fixture = {
        "script": "tooling/reference/make_coco_masks.py",
        "versions": {"pycocotools": version("pycocotools"), "numpy": np.__version__},
        "seed": SEED,
        "height": h,
        "width": w,
        "polygons": polygons,
        "counts": [text(r) for r in rles],
        "area": [int(a) for a in mask.area(rles)],
        "bbox": mask.toBbox(rles).tolist(),
        "boxes": boxes,
        "boxCounts": [text(r) for r in box_rles],
        # Row by row.
        "pixels": [p.reshape(-1).tolist() for p in pixels],
        "union": [text(mask.merge(rles[i : i + 4])) for i in range(0, 24, 4)],
        "intersection": [text(mask.merge(rles[i : i + 2], intersect=1)) for i in range(0, 24, 2)],
        "iscrowd": crowd,
        "iou": mask.iou(dt, gt, crowd).tolist(),
        "boxIscrowd": box_crowd,
        "boxIou": mask.iou(boxes[:6], boxes[6:], box_crowd).tolist(),
    }
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "masks.json"), "w") as file:
        json.dump(fixture, file)
        file.write("\n")


main()
