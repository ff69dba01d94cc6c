"""Fixtures of classification: torchvision's own transforms and ResNets on painted pictures, with hashed weights (make_models.py).

Pictures are painted from a formula on both sides, and weights are made from a hash, so that only results are stored: of each input evenly
spread values before normalisation, logits of ResNet-18 and ResNet-50 in float64, losses and parts of their gradients. Inputs are made in
torchvision's two ways, of 8-bit tensors and of PIL's images, whose resizing rounds between rows and columns too; the manifest tells how far
they are apart.

    python tooling/reference/make_classifier.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from make_models import initial
from PIL import Image
from safetensors.numpy import save_file
from torchvision.models._meta import _IMAGENET_CATEGORIES
from torchvision.transforms._presets import ImageClassification

OUT = Path(__file__).parents[2] / "packages/classification/test/golden/fixtures"
CLASSES = 100
STEP = 37
SMOOTHING = 0.1
# Height, width, and the transform: size and crop. Odd sizes, halves that round to both sides, enlarged, shrunk, cut larger than the picture.
CASES = [
    [375, 500, 256, 224],
    [501, 333, 232, 224],
    [100, 77, 256, 224],
    [640, 427, 232, 224],
    [97, 300, 105, 96],
    [50, 80, 40, 64],
]


def painted(height: int, width: int) -> np.ndarray:
    """Waves of all lengths, in whole numbers: the same on every machine."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    planes = [(x * x // 7 + 3 * y) % 256, (5 * x + y * y // 5) % 256, (x * y // 3 + 11 * (x // 16) + 7 * (y // 9)) % 256]
    return np.stack(planes, -1).astype(np.uint8)


def network(depth: int) -> torch.nn.Module:
    model = getattr(torchvision.models, f"resnet{depth}")(weights=None, num_classes=CLASSES)
    last = "bn3" if depth >= 50 else "bn2"
    with torch.no_grad():
        for name, target in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            shape = tuple(target.shape)
            ours = (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape[::-1]
            value = initial(name, ours, last)
            value = value.transpose(3, 2, 0, 1) if len(shape) == 4 else value.T
            target.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    return model.double().eval()


def main() -> None:
    torch.set_num_threads(2)
    tensors, cases = {}, []
    networks = {depth: network(depth) for depth in (18, 50)}
    inputs = []
    for i, (height, width, size, crop) in enumerate(CASES):
        transform = ImageClassification(crop_size=crop, resize_size=size)
        pixels = painted(height, width)
        made = {
            "tensors": transform(torch.from_numpy(pixels).permute(2, 0, 1)).double(),
            "pil": transform(Image.fromarray(pixels)).double(),
        }
        mean, std = (torch.tensor(v).double().view(3, 1, 1) for v in (transform.mean, transform.std))
        levels = {kind: ((value * std + mean) * 255).round().to(torch.uint8) for kind, value in made.items()}
        for kind, value in levels.items():
            tensors[f"{i}/{kind}/levels"] = value.permute(1, 2, 0).reshape(-1)[::STEP].contiguous().numpy()
        difference = (levels["tensors"].int() - levels["pil"].int()).abs()
        case = {"picture": [height, width], "size": size, "crop": crop}
        case["apart"] = {"share": round((difference > 0).double().mean().item(), 4), "levels": int(difference.max())}
        if crop == 224:
            inputs.append(made["tensors"])
            for depth, model in networks.items():
                with torch.no_grad():
                    logits = {kind: model(value[None])[0] for kind, value in made.items()}
                for kind, value in logits.items():
                    tensors[f"{i}/{kind}/logits{depth}"] = value.float().numpy()
                apart = (logits["tensors"] - logits["pil"]).abs().max() / logits["pil"].abs().max()
                case["apart"][f"logits{depth}"] = float(f"{apart:.2g}")
        cases.append(case)
        print(case, flush=True)
    model = networks[18]
    labels = [(7 * i + 3) % CLASSES for i in range(len(inputs))]
    for name, smoothing in {"plain": 0.0, "smooth": SMOOTHING}.items():
        model.zero_grad()
        criterion = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)
        loss = criterion(model(torch.stack(inputs)), torch.tensor(labels))
        loss.backward()
        tensors[f"{name}/loss"] = np.array([loss.item()], np.float32)
        tensors[f"{name}/bias"] = model.fc.bias.grad.float().numpy()
        tensors[f"{name}/conv"] = model.layer4[1].conv2.weight.grad.permute(2, 3, 1, 0).reshape(-1)[::9973].float().contiguous().numpy()
    OUT.mkdir(parents=True, exist_ok=True)
    target = OUT / "classifier.safetensors"
    save_file(tensors, target)
    manifest = {
        "script": "tooling/reference/make_classifier.py",
        "versions": {
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "pillow": PIL.__version__,
            "numpy": np.__version__,
        },
        "seed": "hash of names",
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "imagenetNames": hashlib.sha256("\n".join(_IMAGENET_CATEGORIES).encode()).hexdigest(),
        "classes": CLASSES,
        "step": STEP,
        "labels": labels,
        "smoothing": SMOOTHING,
        "tolerances": {"logits": 1e-4, "losses": 1e-4, "gradients": 1e-3, "pilLogits": 2e-3},
        "cases": cases,
    }
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
