"""Evaluation fixtures of packages/coco from pycocotools: what its own files lack, and its known faults, with all arrays."""

import contextlib
import copy
import gzip
import io
import json
import os
from importlib.metadata import version

import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = os.path.join(os.path.dirname(__file__), "../../packages/coco/test/fixtures")
SEED = 20240608
H, W = 120, 160


def polygon(rng, box, corners=9):
    angle = np.sort(rng.random(corners)) * 2 * np.pi
    radius = 0.5 * (0.6 + 0.4 * rng.random(corners))
    x = box[0] + box[2] * (0.5 + radius * np.cos(angle))
    y = box[1] + box[3] * (0.5 + radius * np.sin(angle))
    return [round(float(v), 2) for v in np.stack([x, y], 1).reshape(-1)]


def uncompressed(rle):
    pixels = mask.decode(rle).reshape(-1, order="F")
    counts, value, run = [], 0, 0
    for p in pixels:
        if p != value:
            counts.append(run)
            run, value = 0, p
        run += 1
    return {"size": rle["size"], "counts": counts + [run]}


def scene(rng, images=6, categories=(1, 3), objects=5, detections=8, kind="bbox", keypoints=17, scores=None, crowds=True):
    gt, dt = [], []
    for i in range(images):
        boxes = []
        for _ in range(int(rng.integers(0 if i else 2, objects + 1))):
            size = rng.random(2) * [90, 80] + 6
            box = np.round([*(rng.random(2) * ([W, H] - size)), *size], 2)
            category = int(rng.choice(categories))
            crowd = int(crowds and rng.random() < 0.2)
            ann = {"id": len(gt) + 1, "image_id": i + 1, "category_id": category, "bbox": box.tolist(), "iscrowd": crowd}
            ann["area"] = float(round(box[2] * box[3] * 0.8, 2))
            if kind == "segm":
                parts = [polygon(rng, box)] + ([polygon(rng, box * [1, 1, 0.4, 0.4])] if rng.random() < 0.3 else [])
                ann["segmentation"] = parts
                rle = mask.merge(mask.frPyObjects(parts, H, W))
                if crowd:
                    ann["segmentation"] = uncompressed(rle)
                elif rng.random() < 0.3:
                    ann["segmentation"] = {"size": [H, W], "counts": rle["counts"].decode()}
                ann["area"] = float(mask.area(rle))
            if kind == "keypoints":
                visible = rng.choice([0, 1, 2], keypoints) * (rng.random() > 0.25)
                xy = np.round(box[:2] + rng.random((keypoints, 2)) * box[2:]) * (visible[:, None] > 0)
                ann["keypoints"] = [int(v) for v in np.concatenate([xy, visible[:, None]], 1).reshape(-1)]
                ann["num_keypoints"] = int((visible > 0).sum())
            gt.append(ann)
            boxes.append((box, category, ann))
        for _ in range(int(rng.integers(0, detections + 1))):
            near = boxes and rng.random() < 0.75
            box, category, ann = boxes[rng.integers(len(boxes))] if near else (
                np.array([*(rng.random(2) * [90, 60]), *(rng.random(2) * 60 + 5)]), int(rng.choice(categories)), None)
            box = box + rng.normal(0, 0.08, 4) * [box[2], box[3], box[2], box[3]]
            score = float(rng.choice(scores)) if scores else float(np.float32(rng.random()))
            det = {"image_id": i + 1, "category_id": category, "score": score}
            if kind == "segm":
                rle = mask.frPyObjects([polygon(rng, box, 14)], H, W)[0]
                det["segmentation"] = {"size": [H, W], "counts": rle["counts"].decode()}
            elif kind == "keypoints":
                base = np.array(ann["keypoints"], float).reshape(-1, 3) if near else np.zeros((keypoints, 3))
                spread = rng.choice([0.02, 0.2])
                base[:, :2] += (base[:, :1] == 0) * (box[:2] + rng.random((keypoints, 2)) * box[2:])
                base[:, :2] += rng.normal(0, spread, (keypoints, 2)) * box[2:]
                det["keypoints"] = [float(v) for v in base.reshape(-1)]
            else:
                det["bbox"] = [float(np.float32(v)) for v in box]
            dt.append(det)
    return {
        "images": [{"id": i + 1, "width": W, "height": H} for i in range(images)],
        "categories": [{"id": c, "name": f"c{c}"} for c in categories],
        "annotations": gt,
    }, dt


def run(name, gt, dt, kind, params=None, fault=False):
    """fault: the reference's answer is wrong; ours equals it only in compatibility mode."""
    params = params or {}
    g = COCO()
    g.dataset = copy.deepcopy(gt)
    evaluation = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        g.createIndex()
        d = g.loadRes(copy.deepcopy(dt))
        evaluation = COCOeval(g, d, kind)
        for key, value in params.items():
            target = {"sigmas": "kpt_oks_sigmas"}.get(key, key)
            setattr(evaluation.params, target, np.array(value) if key in ("sigmas", "iouThrs", "recThrs") else value)
        evaluation.evaluate()
        evaluation.accumulate()
        printed.truncate(0)
        printed.seek(0)
        evaluation.summarize()
    arrays = {key: evaluation.eval[key].reshape(-1).tolist() for key in ("precision", "recall", "scores")}
    return {
        "name": name,
        "iouType": kind,
        "params": params,
        "fault": fault,
        "gt": gt,
        "dt": dt,
        "counts": evaluation.eval["counts"],
        "stats": [float(s) for s in evaluation.stats],
        "summary": printed.getvalue(),
        **arrays,
    }


def main():
    rng = np.random.default_rng(SEED)
    cases = []
    cases.append(run("segm with crowds", *scene(rng, kind="segm", images=8), "segm"))
    cases.append(run("bbox with crowds", *scene(rng, images=10, detections=14), "bbox"))
    cases.append(run("ties in score", *scene(rng, scores=[0.3, 0.5, 0.9], detections=20), "bbox"))
    cases.append(run("more than maxDets", *scene(rng, images=2, categories=(1,), objects=8, detections=400), "bbox"))
    gt, dt = scene(rng, categories=(1, 2, 5))
    cases.append(run("category without detections", gt, [d for d in dt if d["category_id"] != 2], "bbox"))
    gt, dt = scene(rng, categories=(1, 2))
    gt["annotations"] = [a for a in gt["annotations"] if a["category_id"] == 1]
    cases.append(run("category without objects", gt, dt, "bbox"))
    gt, dt = scene(rng)
    gt["annotations"] = []
    cases.append(run("no objects at all", gt, dt, "bbox"))
    cases.append(run("categories ignored", *scene(rng, images=5, detections=12), "bbox", {"useCats": 0}))
    cases.append(run("other thresholds", *scene(rng, images=5, detections=30), "bbox",
                     {"iouThrs": [0.25, 0.4, 0.5, 0.75], "recThrs": [0, 0.1, 0.33, 0.5, 0.9, 1], "maxDets": [2, 5, 100]}))
    cases.append(run("some images", *scene(rng, images=8), "bbox", {"imgIds": [2, 3, 7]}))
    cases.append(run("some categories", *scene(rng, categories=(1, 2, 3), detections=12), "bbox", {"catIds": [3, 1]}))
    cases.append(run("category id 0", *scene(rng, categories=(0, 1)), "bbox"))
    gt, dt = scene(rng, kind="segm", images=3)
    cases.append(run("boxes as masks", gt, [{**{k: v for k, v in d.items() if k != "segmentation"},
                                              "bbox": mask.toBbox(d["segmentation"]).tolist()} for d in dt], "segm"))
    cases.append(run("keypoints with crowds", *scene(rng, kind="keypoints", categories=(1,), images=12), "keypoints"))
    cases.append(run("5 keypoints", *scene(rng, kind="keypoints", categories=(1,), keypoints=5, images=8), "keypoints",
                     {"sigmas": [0.03, 0.05, 0.08, 0.1, 0.06]}))
    # Known faults.
    gt, dt = scene(rng, categories=(1,), crowds=False)
    for ann in gt["annotations"]:
        ann["id"] -= 1
    cases.append(run("annotation id 0", gt, dt, "bbox", fault=True))
    gt, dt = scene(rng, categories=(1,), crowds=False)
    for ann in gt["annotations"][::2]:
        ann["ignore"] = 1
    cases.append(run("ignore overwritten by iscrowd", gt, dt, "bbox", fault=True))
    gt, dt = scene(rng, kind="keypoints", categories=(1,), images=8)
    for ann in gt["annotations"]:
        ann["area"] = 0
    cases.append(run("area 0, keypoints", gt, dt, "keypoints", fault=True))
    gt, dt = scene(rng, categories=(1,), crowds=False)
    for ann in gt["annotations"]:
        ann["area"] = 0
    cases.append(run("area 0, boxes", gt, dt, "bbox", fault=True))
    gt, dt = scene(rng)
    for i, ann in enumerate(gt["annotations"]):
        ann["id"] = i // 2 + 1
    cases.append(run("repeated ids", gt, dt, "bbox", fault=True))
    cases.append(run("keypoints, categories ignored", *scene(rng, kind="keypoints", categories=(1,)), "keypoints",
                     {"useCats": 0}, fault=True))
    fixture = {
        "script": "tooling/reference/make_coco_eval.py",
        "versions": {"pycocotools": version("pycocotools"), "numpy": np.__version__},
        "seed": SEED,
        "tolerance": 1e-12,
        "cases": cases,
    }
    os.makedirs(OUT, exist_ok=True)
    with gzip.GzipFile(os.path.join(OUT, "evaluation.json.gz"), "wb", mtime=0) as file:
        file.write(json.dumps(fixture).encode())


main()
