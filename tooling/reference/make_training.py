"""Golden fixtures of resizing, optimizers and learning-rate schedules: what torch and Pillow give.

    python tooling/reference/make_training.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
import safetensors.numpy
import torch
from PIL import Image

PACKAGES = Path(__file__).parents[2] / "packages"
SEED = 11


def resize_fixtures(rng):
    """A picture resized by torch on floats, with and without antialiasing, and by Pillow on bytes. Stored as [H, W, 3]."""
    height, width = 23, 37
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    tensors, cases = {"image": image}, []
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    for size in ([40, 61], [11, 13], [23, 37], [1, 1], [50, 9]):
        name = "x".join(map(str, size))
        for antialias in (False, True):
            y = torch.nn.functional.interpolate(planes, size, mode="bilinear", align_corners=False, antialias=antialias)
            tensors[f"{name}/{'antialias' if antialias else 'plain'}"] = y[0].permute(1, 2, 0).contiguous().numpy()
        tensors[f"{name}/pillow"] = np.asarray(Image.fromarray(image).resize((size[1], size[0]), Image.BILINEAR)).copy()
        cases.append({"name": name, "size": size})
    # torch computes weights in float32. Pillow rounds weights to 22 bits and values to bytes after each of two passes.
    write(PACKAGES / "tensor-ops/test/image-batch", "resize", tensors, {"tolerance": {"torch": 1e-3, "pillow": 1}}, cases)


STEPS = 6
OPTIMIZERS = {
    "sgd": lambda p, d: torch.optim.SGD(p, 0.1, weight_decay=d),
    "sgd momentum": lambda p, d: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=d),
    "sgd nesterov": lambda p, d: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=d, nesterov=True),
    "adam": lambda p, d: torch.optim.Adam(p, 0.01, weight_decay=d),
    "adam betas": lambda p, d: torch.optim.Adam(p, 0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=d),
    "adamw": lambda p, d: torch.optim.AdamW(p, 0.01, weight_decay=d),
}


def optimizer_fixtures(rng):
    """A linear layer, batch normalisation and another linear layer, a few steps on fixed data, gradients clipped by their norm."""
    data = rng.normal(size=(STEPS, 8, 5)).astype(np.float32)
    target = rng.normal(size=(STEPS, 8, 3)).astype(np.float32)
    tensors, cases = {"data": data, "target": target}, []
    for name, make in OPTIMIZERS.items():
        for decay in (0.0, 0.05):
            for clip in (None, 0.5):
                torch.manual_seed(SEED)
                model = torch.nn.Sequential(torch.nn.Linear(5, 6), torch.nn.Tanh(), torch.nn.LayerNorm(6), torch.nn.Linear(6, 3))
                if "w1" not in tensors:
                    tensors |= {"w1": array(model[0].weight.T), "b1": array(model[0].bias), "g": array(model[2].weight)}
                    tensors |= {"h": array(model[2].bias), "w2": array(model[3].weight.T), "b2": array(model[3].bias)}
                optimizer = make(model.parameters(), decay)
                losses = []
                for step in range(STEPS):
                    optimizer.zero_grad()
                    loss = ((model(torch.from_numpy(data[step])) - torch.from_numpy(target[step])) ** 2).mean()
                    loss.backward()
                    if clip is not None:
                        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
                    optimizer.step()
                    losses.append(loss.item())
                case = f"{name} {decay} {clip}"
                for key, value in {"w1": model[0].weight.T, "b1": model[0].bias, "g": model[2].weight, "h": model[2].bias}.items():
                    tensors[f"{case}/{key}"] = array(value)
                tensors |= {f"{case}/w2": array(model[3].weight.T), f"{case}/b2": array(model[3].bias)}
                cases.append({"name": case, "optimizer": name, "weightDecay": decay, "clip": clip, "losses": losses})
    write(PACKAGES / "training/test/optimizers", "optimizers", tensors, {"tolerance": {"weights": 1e-5}}, cases)


def schedule_fixtures():
    """Rates of the first steps of torch's schedulers, with a linear warm-up before them where there is one."""
    from torch.optim import lr_scheduler as lr

    def rates(build, count=40):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.2)
        schedulers = build(optimizer)
        result = []
        for _ in range(count):
            result.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            for scheduler in schedulers:
                scheduler.step()
        return result

    warm = lambda o: lr.LinearLR(o, start_factor=0.001, total_iters=8)
    cases = [
        {"name": "multi-step", "rates": rates(lambda o: [lr.MultiStepLR(o, [10, 25], 0.1)])},
        {"name": "step", "rates": rates(lambda o: [lr.StepLR(o, 7, 0.5)])},
        {"name": "cosine", "rates": rates(lambda o: [lr.CosineAnnealingLR(o, 40, 0.01)])},
        {"name": "warm multi-step", "rates": rates(lambda o: [warm(o), lr.MultiStepLR(o, [10, 25], 0.1)])},
    ]
    write(PACKAGES / "training/test/schedules", "schedules", {}, {"tolerance": {"rates": 1e-9}}, cases)


def array(tensor):
    return tensor.detach().clone().contiguous().numpy()


def write(folder: Path, name: str, tensors, extra, cases) -> None:
    folder = folder / "fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "script": "tooling/reference/make_training.py",
        "versions": {"torch": torch.__version__, "pillow": PIL.__version__, "numpy": np.__version__},
        "seed": SEED,
    }
    if tensors:
        target = folder / f"{name}.safetensors"
        safetensors.numpy.save_file(tensors, target)
        head["sha256"] = {target.name: hashlib.sha256(target.read_bytes()).hexdigest()}
    lines = ",\n".join(f"    {json.dumps(case)}" for case in cases)
    text = json.dumps(head | extra, indent=2)
    (folder / "manifest.json").write_text(f'{text[:-2]},\n  "cases": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    resize_fixtures(np.random.default_rng(SEED))
    optimizer_fixtures(np.random.default_rng(SEED))
    schedule_fixtures()
