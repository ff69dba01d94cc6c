"""Golden fixtures of groupKeypoints and aggregateKeypointMaps: what mmpose 0.29's parser and torch give.

Maps are not stored: tests and script paint them from the stored people, and from an integer hash, with the same arithmetic. mmpose is
needed for one file only, which is loaded alone, because the package as a whole wants mmcv:

    pip install mmpose==0.29.0 --no-deps munkres==1.1.4
    python tooling/reference/make_keypoint_grouping.py
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
from torch.nn.functional import interpolate

from make_roi_ops import hashed

TESTS = Path(__file__).parents[2] / "packages/tensor-ops/test"
SEED = 11
RADIUS = 6


def load_parser():
    """mmpose's HeatmapParser; the function that it imports from the rest of mmpose serves another decoding and is not called."""
    evaluation = types.ModuleType("mmpose.core.evaluation")
    evaluation.post_dark_udp = None
    sys.modules |= {name: types.ModuleType(name) for name in ("mmpose", "mmpose.core")} | {evaluation.__name__: evaluation}
    file = importlib.metadata.distribution("mmpose").locate_file("mmpose/core/post_processing/group.py")
    spec = importlib.util.spec_from_file_location("mmpose_group", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.HeatmapParser


def topk_by_index(values: torch.Tensor, k: int, dim: int):
    """torch.topk, which leaves open in which order equal values come, with equal values by ascending index."""
    sorted_values, indices = torch.sort(values, dim=dim, descending=True, stable=True)
    return sorted_values.narrow(dim, 0, k), indices.narrow(dim, 0, k)


def paint(case, people, person_tags):
    """Heatmaps [K, H, W] and tags [T, K or 1, H, W]: a bump and a disc of its tag for each joint, on a noisy ground."""
    joints, tag_maps, tag_size, (height, width) = case["joints"], case["tagMaps"], case["tagSize"], case["size"]
    noise = hashed(case["seed"], (joints, height, width)).astype(np.float64)
    heat = np.abs(noise) * case["noise"]
    tag_noise = hashed(case["seed"] + 1, (tag_size, tag_maps, height, width)).astype(np.float64)
    tags = tag_noise * 0.5
    y, x = np.mgrid[:height, :width].astype(np.float64)
    for person, own in zip(people, person_tags):
        for k, (px, py, score) in enumerate(person):
            if score == 0:
                continue
            dx, dy = x - px, y - py
            fall = 1 - (dx * dx + dy * dy) / RADIUS**2
            bump = np.where(fall > 0, score * (fall * fall), 0)
            wins = bump > heat[k]
            heat[k][wins] = bump[wins]
            m = k if tag_maps > 1 else 0
            for t in range(tag_size):
                tags[t, m][wins] = own[t] + tag_noise[t, m][wins] * case["tagNoise"]
    return heat.astype(np.float32), tags.astype(np.float32)


def make_people(rng, case, count):
    joints, (height, width) = case["joints"], case["size"]
    people = np.stack([rng.uniform(0, width - 1, (count, joints)), rng.uniform(0, height - 1, (count, joints))], 2)
    scores = rng.uniform(0.3, 1, (count, joints)) * (rng.uniform(0, 1, (count, joints)) > case["missing"])
    if case["ties"]:
        # On whole pixels bumps of one score have exactly equal peaks.
        people, scores = np.round(people), np.ceil(scores * 2) / 2
    people = np.concatenate([people, scores[..., None]], 2)
    tags = rng.permutation(count)[:, None] * case["tagStep"] + rng.uniform(-0.2, 0.2, (count, case["tagSize"]))
    if case["ties"]:
        tags = np.round(tags * 2) / 2
    return people.astype(np.float32).astype(np.float64), tags.astype(np.float32).astype(np.float64)


def grouping_fixtures(rng):
    parser_class = load_parser()
    torch.Tensor.topk = topk_by_index
    base = {"joints": 17, "size": [64, 48], "tagSize": 2, "tagMaps": 17, "noise": 0.05, "tagNoise": 0.125, "tagStep": 2.0}
    base |= {"missing": 0.2, "ties": False, "options": {}}
    changes = [
        ("nobody", 0, {}),
        ("noise above the threshold", 0, {"noise": 0.3, "size": [20, 24]}),
        ("1 person", 1, {}),
        ("1 person, one tag", 1, {"tagSize": 1}),
        ("5 people", 5, {}),
        ("5 people, one tag", 5, {"tagSize": 1}),
        ("5 people of 5 joints", 5, {"joints": 5, "tagMaps": 5}),
        ("5 people, tags shared by all joints", 5, {"tagMaps": 1}),
        ("5 people, most joints missing", 5, {"missing": 0.7}),
        ("30 people", 30, {"size": [160, 160]}),
        ("30 people, one tag, on 96x160", 30, {"size": [96, 160], "tagSize": 1}),
        ("40 people", 40, {"size": [160, 160], "missing": 0.0}),
        ("12 people of alike tags", 12, {"tagStep": 0.5, "size": [80, 96]}),
        ("12 people of alike tags, one tag", 12, {"tagStep": 0.25, "tagSize": 1, "size": [80, 96]}),
        ("ties", 8, {"ties": True, "tagNoise": 0.0, "size": [80, 96]}),
        ("ties of one tag", 12, {"ties": True, "tagNoise": 0.0, "tagStep": 0.5, "tagSize": 1, "size": [80, 96]}),
        ("plateaus", 3, {"ties": True, "tagNoise": 0.0, "noise": 0.0}),
    ]
    options = [
        {"adjust": False}, {"refine": False}, {"adjust": False, "refine": False}, {"useDetectionVal": False},
        {"ignoreTooMuch": True, "maxPeople": 4}, {"maxPeople": 4}, {"nmsKernel": 3}, {"nmsKernel": 9},
        {"detectionThreshold": 0.6}, {"tagThreshold": 0.3}, {"tagThreshold": 3.0},
    ]  # fmt: skip
    changes += [(json.dumps(o), 8, {"options": o, "tagStep": 1.0, "size": [56, 72]}) for o in options]
    cases, tensors = [], {}
    for i, (name, count, change) in enumerate(changes):
        case = base | change | {"seed": 100 + 2 * i}
        if case["tagMaps"] != 1:
            case["tagMaps"] = case["joints"]
        people, person_tags = make_people(rng, case, count)
        if name == "plateaus":
            people[..., :2] = np.floor(people[..., :2]) + 0.5
        heat, tags = paint(case, people, person_tags)
        o = case["options"]
        kernel = o.get("nmsKernel", 5)
        parser = parser_class(
            {
                "num_joints": case["joints"],
                "max_num_people": o.get("maxPeople", 30),
                "detection_threshold": o.get("detectionThreshold", 0.1),
                "tag_threshold": o.get("tagThreshold", 1),
                "use_detection_val": o.get("useDetectionVal", True),
                "ignore_too_much": o.get("ignoreTooMuch", False),
                "tag_per_joint": case["tagMaps"] != 1,
                "nms_kernel": kernel,
                "nms_padding": kernel // 2,
            }
        )
        tags_last = torch.from_numpy(tags).permute(1, 2, 3, 0).contiguous()
        found, scores = parser.parse(
            torch.from_numpy(heat)[None], tags_last[None], adjust=o.get("adjust", True), refine=o.get("refine", True)
        )
        groups = np.asarray(found[0], np.float32).reshape(len(scores), case["joints"], 3 + case["tagSize"])
        tensors |= {f"{name}/people": people, f"{name}/personTags": person_tags}
        tensors |= {f"{name}/poses": groups, f"{name}/scores": np.asarray(scores, np.float32)}
        cases.append({"name": name, **{key: value for key, value in case.items() if key not in ("missing", "ties")}})
        print(f"{name}: {len(scores)} people")
    write("keypoint-grouping", tensors, {"radius": RADIUS, "tolerance": 1e-4, "cases": cases})


def write(topic: str, tensors, manifest) -> None:
    folder = TESTS / topic / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{topic}.safetensors"
    safetensors.numpy.save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, target)
    head = {
        "script": "tooling/reference/make_keypoint_grouping.py",
        "versions": {
            "torch": torch.__version__,
            "numpy": np.__version__,
            "mmpose": importlib.metadata.version("mmpose"),
            "munkres": importlib.metadata.version("munkres"),
        },
        "seed": SEED,
        "sha256": {target.name: hashlib.sha256(target.read_bytes()).hexdigest()},
    }
    lines = ",\n".join(f"    {json.dumps(case)}" for case in manifest.pop("cases"))
    text = json.dumps(head | manifest, indent=2)
    (folder / "manifest.json").write_text(f'{text[:-2]},\n  "cases": [\n{lines}\n  ]\n}}\n')
    print(f"{topic}: {target.stat().st_size / 1e3:.0f} kB")


def aggregate(maps, joints, size, flip_index, tags_from):
    """The maps' mean and one scale's tags, by torch's own resizing and flipping."""
    resized = []
    for scale in maps:
        x = torch.from_numpy(scale).permute(0, 3, 1, 2)
        if tuple(x.shape[2:]) != tuple(size):
            x = interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)
        heat, tags = x[:, :joints], x[:, joints:]
        if len(x) == 2:
            mirrored_heat, mirrored_tags = heat[1].flip(2)[flip_index], tags[1].flip(2)
            if tags.shape[1] > 1:
                mirrored_tags = mirrored_tags[flip_index]
            heat, tags = (heat[0] + mirrored_heat) / 2, torch.stack([tags[0], mirrored_tags])
        else:
            heat = heat[0]
        resized.append((heat, tags))
    return torch.stack([heat for heat, _ in resized]).mean(0).numpy(), resized[tags_from][1].numpy()


def aggregation_fixtures():
    flip_index = [0, 2, 1, 4, 3]
    changes = [
        ("one scale, twice as large", [[1, 6, 8, 10]], [12, 16], 0),
        ("flip test, four times as large", [[2, 5, 7, 10]], [20, 28], 0),
        ("flip test, one tag channel", [[2, 5, 7, 6]], [13, 30], 0),
        ("three scales, tags from the second", [[2, 16, 24, 5], [2, 8, 12, 10], [2, 4, 6, 5]], [16, 24], 1),
        ("two scales, larger and smaller", [[1, 20, 28, 10], [1, 6, 5, 10]], [15, 17], 1),
        ("the size it has", [[2, 9, 21, 10]], [9, 21], 0),
        ("a single pixel", [[2, 1, 1, 10]], [3, 4], 0),
    ]
    cases, tensors = [], {}
    for i, (name, shapes, size, tags_from) in enumerate(changes):
        seed = 300 + 10 * i
        maps = [hashed(seed + m, shape) for m, shape in enumerate(shapes)]
        heatmaps, tags = aggregate(maps, 5, size, flip_index, tags_from)
        tensors |= {f"{name}/heatmaps": heatmaps, f"{name}/tags": tags}
        cases.append({"name": name, "seed": seed, "maps": shapes, "size": size, "tagsFrom": tags_from})
    write("keypoint-maps", tensors, {"keypoints": 5, "flipIndex": flip_index, "tolerance": 1e-5, "cases": cases})


if __name__ == "__main__":
    grouping_fixtures(np.random.default_rng(SEED))
    aggregation_fixtures()
