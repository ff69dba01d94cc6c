"""Seeded synthetic COCO files for the benchmark: numbers printed as detectors print them (float32 widened to float64).

    python generate.py bbox|segm|keypoints DIR [--images 5000] [--categories 80] [--objects 36000] [--detections 500000] [--seed 1]

Writes DIR/<kind>_gt.json and DIR/<kind>_dt.json. Half of the detections (at most 1.5 an object) are shifted objects, the others are
anywhere; scores follow how well they fit.
"""

import argparse
import json
import os

import numpy as np
from pycocotools import mask

DEFAULTS = {
    "bbox": (5000, 80, 36000, 500000),
    "segm": (2500, 80, 18000, 60000),
    "keypoints": (5000, 1, 11000, 60000),
}


def objects(rng, n, images, categories):
    image = rng.integers(0, images, n)
    category = np.minimum(rng.geometric(0.06, n) - 1, categories - 1) if categories > 1 else np.zeros(n, int)
    size = np.exp(rng.normal(4.2, 1.0, (n, 2))).clip(4, 460)
    corner = rng.random((n, 2)) * (np.array([640, 480]) - np.minimum(size, [638, 478]))
    return image, category, np.concatenate([corner, np.minimum(size, [638, 478])], 1)


def star(box, rng):
    """A polygon of 24 corners inside a box."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = 0.5 * (0.7 + 0.3 * rng.random(24))
    x = box[0] + box[2] * (0.5 + radius * np.cos(angle))
    y = box[1] + box[3] * (0.5 + radius * np.sin(angle))
    return np.round(np.stack([x, y], 1).reshape(-1), 2).clip(0)


def pose(box, rng):
    spots = rng.random((17, 2)) * 0.8 + 0.1
    xy = box[:2] + spots * box[2:]
    visible = rng.choice([0, 1, 2], 17, p=[0.3, 0.1, 0.6])
    xy = np.round(xy) * (visible[:, None] > 0)
    return np.concatenate([xy, visible[:, None]], 1)


def f32(values):
    return np.asarray(values, np.float32).astype(float).tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=DEFAULTS)
    parser.add_argument("dir")
    for name in ("images", "categories", "objects", "detections"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    images, categories, n, m = (
        getattr(args, name) or default
        for name, default in zip(("images", "categories", "objects", "detections"), DEFAULTS[args.kind])
    )
    image, category, box = objects(rng, n, images, categories)
    # Ids with gaps, as in COCO.
    category_ids = [k + 1 + k // 9 for k in range(categories)]
    image_ids = np.sort(rng.choice(600000, images, replace=False) + 1)
    anns = []
    for i in range(n):
        rounded = np.round(box[i], 2)
        crowd = int(rng.random() < 0.01)
        ann = {
            "id": i + 1,
            "image_id": int(image_ids[image[i]]),
            "category_id": category_ids[category[i]],
            "iscrowd": crowd,
            "bbox": rounded.tolist(),
            "area": float(round(rounded[2] * rounded[3] * 0.7, 4)),
        }
        polygon = star(box[i], rng)
        ann["segmentation"] = [polygon.tolist()]
        if args.kind == "segm" and crowd:
            rle = mask.frPyObjects([polygon.tolist()], 480, 640)[0]
            decoded = mask.decode(rle).reshape(-1, order="F")
            edges = np.flatnonzero(np.diff(np.concatenate([[0], decoded, [1 - decoded[-1]]])))
            counts = np.diff(np.concatenate([[0], edges]))
            ann["segmentation"] = {"size": [480, 640], "counts": counts.tolist()}
        if args.kind == "keypoints":
            triples = pose(box[i], rng)
            ann["keypoints"] = triples.reshape(-1).astype(int).tolist()
            ann["num_keypoints"] = int((triples[:, 2] > 0).sum())
        anns.append(ann)
    near = min(m // 2, n * 3 // 2)
    source = rng.integers(0, n, near)
    jitter = rng.normal(0, 1, (near, 4)) * np.array([0.08, 0.08, 0.12, 0.12]) * rng.random((near, 1)) * 2
    close = box[source] + jitter * np.concatenate([box[source, 2:], box[source, 2:]], 1)
    close[:, 2:] = close[:, 2:].clip(1)
    far_image, far_category, far = objects(rng, m - near, images, categories)
    quality = 1 / (1 + np.exp(3 * np.abs(jitter).sum(1) - 1.5 + rng.normal(0, 0.7, near)))
    rows = np.concatenate([close, far])
    row_image = np.concatenate([image[source], far_image])
    row_category = np.concatenate([category[source], far_category])
    score = np.concatenate([quality, rng.beta(0.5, 4, m - near)])
    sources = np.concatenate([source, np.full(m - near, -1)])
    dets = []
    # As a model writes them: image by image, scores falling.
    for j in np.lexsort((-score, row_image)):
        det = {"image_id": int(image_ids[row_image[j]]), "category_id": category_ids[row_category[j]]}
        if args.kind == "segm":
            rle = mask.frPyObjects([star(rows[j], rng).tolist()], 480, 640)[0]
            det["segmentation"] = {"size": [480, 640], "counts": rle["counts"].decode()}
        elif args.kind == "keypoints":
            if sources[j] >= 0:
                triples = np.array(anns[sources[j]]["keypoints"], float).reshape(17, 3)
                triples[:, :2] += rng.normal(0, 0.06, (17, 2)) * rows[j, 2:] * rng.random()
            else:
                triples = pose(rows[j], rng).astype(float)
            triples[:, 2] = rng.random(17)
            det["keypoints"] = f32(triples.reshape(-1))
        else:
            det["bbox"] = f32(rows[j])
        det["score"] = float(np.float32(score[j]))
        dets.append(det)
    os.makedirs(args.dir, exist_ok=True)
    gt = {
        "info": {"description": f"synthetic {args.kind}, seed {args.seed}"},
        "images": [{"id": int(i), "width": 640, "height": 480, "file_name": f"{i:012d}.jpg"} for i in image_ids],
        "categories": [{"id": c, "name": f"category {c}", "supercategory": "thing"} for c in category_ids],
        "annotations": anns,
    }
    for name, value in (("gt", gt), ("dt", dets)):
        with open(os.path.join(args.dir, f"{args.kind}_{name}.json"), "w") as file:
            json.dump(value, file)


main()
