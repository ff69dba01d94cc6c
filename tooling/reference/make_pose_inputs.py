"""Fixtures of pose's input: what OpenCV 4's warpAffine makes of small pictures, and mmpose 0.29's test pipeline of pictures of any size.

    pip install -r tooling/reference/requirements-pose.txt   # see there
    python tooling/reference/make_pose_inputs.py path/to/coco-mini

Writes packages/tensor-ops/test/image-batch/fixtures/warp.safetensors and warp.json (small warps, whole) and
packages/pose/test/golden/fixtures/inputs.json. There of each prepared input stand the SHA-256 of its bytes, which any other grey level
changes, and samples of its four borders, which tell how far off it is. Small pictures are hashed on both sides (see make_models.py); of
COCO's only numbers are stored.

OpenCV 5 computes warpAffine another way, with exact positions: up to 5 grey levels away from OpenCV 4 on these pictures at 640.
"""

import hashlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import safetensors.numpy
from make_models import hashed
from mmpose.datasets.pipelines import bottom_up_transform as bottom_up

ROOT = Path(__file__).parents[2] / "packages"
SEED = 29
MODES = {"single": [1], "multi": [2, 1, 0.5]}
# COCO's by their ids, with people and of as many shapes.
COCO = [
    139, 785, 790, 885, 1000, 1490, 2299, 2431, 3934, 5060,
    5802, 11051, 12448, 14439, 34417, 37666, 40083, 78915, 84533, 85329,
]  # fmt: skip


def noise(name: str, height: int, width: int) -> np.ndarray:
    """An 8-bit RGB picture of noise."""
    return np.floor((hashed(name, (height, width, 3)).astype(np.float64) + 1) * 128).astype(np.uint8)


def warps(rng) -> tuple[dict, list]:
    """Maps of pixel numbers of the output to those of the picture, straight and turned, within and beyond the picture."""
    tensors, cases = {}, []
    for i in range(18):
        height, width = rng.integers(1, 41, 2) if i > 2 else [(1, 1), (1, 9), (7, 1)][i]
        out = rng.integers(20, 56, 2)
        scale = rng.uniform(0.2, 2.5, 2)
        angle = rng.uniform(-np.pi, np.pi) if i % 3 == 2 else 0.0
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag(scale)
        shift = np.array([width, height]) / 2 - turn @ (out[::-1] / 2) + rng.uniform(-6, 6, 2)
        matrix = np.column_stack([turn, shift])
        fill = [0, 0, 0] if i % 2 else [int(value) for value in rng.integers(0, 256, 3)]
        picture = noise(f"warp/{i}", height, width)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(picture, matrix, (int(out[1]), int(out[0])), flags=flags, borderValue=fill)
        tensors[f"{i}"] = warped
        # In continuous coordinates pixel n has its centre at n + 0.5.
        matrix[:, 2] += 0.5 - (matrix[:, 0] + matrix[:, 1]) / 2
        size = [int(height), int(width)]
        cases.append({"name": f"{i}", "picture": size, "size": [int(v) for v in out], "map": matrix.reshape(-1).tolist(), "fill": fill})
    return tensors, cases


def borders(warped: np.ndarray) -> list[int]:
    """Evenly spread values of the first and the last row and column."""
    result = []
    for line in (warped[0], warped[-1], warped[:, 0], warped[:, -1]):
        flat = line.reshape(-1)
        result += [int(flat[i * (len(flat) - 1) // 23]) for i in range(24)]
    return result


def inputs(picture: np.ndarray, size: int, divisor: int, modes=MODES) -> list[dict]:
    """As BottomUpGetImgSize and BottomUpResizeAlign prepare it at every scale of the two tests."""
    rows = []
    for mode in modes:
        for scale in MODES[mode]:
            warped, *_ = bottom_up._resize_align_multi_scale(picture, np.array([size, size]), scale, min(MODES[mode]), divisor)
            digest = hashlib.sha256(np.ascontiguousarray(warped).tobytes()).hexdigest()
            row = {"size": size, "divisor": divisor, "mode": mode, "scale": scale, "shape": list(warped.shape[:2])}
            rows.append({**row, "sha256": digest, "borders": borders(warped)})
    return rows


def prepared(folder: Path) -> dict:
    small = []
    for i, (height, width) in enumerate([(48, 64), (47, 70), (71, 40), (33, 50), (61, 61), (50, 51), (10, 75), (1, 3), (121, 93)]):
        picture = noise(f"input/{i}", height, width)
        rows = [row for size, divisor in ((64, 32), (96, 64), (61, 32)) for row in inputs(picture, size, divisor)]
        small.append({"name": f"input/{i}", "height": height, "width": width, "inputs": rows})
    coco = []
    for image in COCO:
        file = f"{image:012}.jpg"
        picture = cv2.cvtColor(cv2.imread(str(folder / "images" / file)), cv2.COLOR_BGR2RGB)
        rows = inputs(picture, 640, 64) + inputs(picture, 512, 64, ["single"])
        height, width = picture.shape[:2]
        digest = hashlib.sha256(picture.tobytes()).hexdigest()
        coco.append({"file": file, "height": height, "width": width, "pixels": digest, "inputs": rows})
    return {"small": small, "coco": coco}


def dump(path: Path, value: dict, lists: dict[str, list]) -> None:
    """JSON with an element of the lists a line."""
    for name, rows in lists.items():
        value = {**value, name: f"<{name}>"}
    text = json.dumps(value, indent=2)
    for name, rows in lists.items():
        text = text.replace(f'"<{name}>"', "[\n" + ",\n".join(f"    {json.dumps(row)}" for row in rows) + "\n  ]")
    path.write_text(text + "\n")


def main() -> None:
    assert cv2.__version__.startswith("4."), cv2.__version__
    head = {"script": "tooling/reference/make_pose_inputs.py", "versions": {"opencv": cv2.__version__, "mmpose": "0.29.0"}}
    tensors, cases = warps(np.random.default_rng(SEED))
    folder = ROOT / "tensor-ops/test/image-batch/fixtures"
    file = folder / "warp.safetensors"
    safetensors.numpy.save_file(tensors, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    dump(folder / "warp.json", {**head, "seed": SEED, "sha256": {file.name: digest}, "tolerance": 0}, {"cases": cases})
    path = ROOT / "pose/test/golden/fixtures/inputs.json"
    dump(path, {**head, "seed": "hash of names", "tolerance": 0}, prepared(Path(sys.argv[1])))
    print(file, file.stat().st_size, path, path.stat().st_size)


if __name__ == "__main__":
    main()
