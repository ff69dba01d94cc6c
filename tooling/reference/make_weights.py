"""Weight files written by torch and safetensors, with the values that reading them must give.

Writes into packages/tensor-ops/test/weights/fixtures: checkpoints, `expected.safetensors` (float64 values as `<file>/<tensor>`)
and `manifest.json`. With a checkpoint written by this project as the argument it checks instead that torch loads it with
weights_only=True and prints its tensors:

    python tooling/reference/make_weights.py
    python tooling/reference/make_weights.py --check written.pth
"""

import argparse
import collections
import io
import json
import pathlib
import pickle
import sys
import types
import zipfile

import numpy as np
import safetensors.torch
import torch

SEED = 20201225
OUT = pathlib.Path(__file__).resolve().parents[2] / "packages/tensor-ops/test/weights/fixtures"


def small_network(dtype=torch.float32):
    """Names and layouts of a network: convolution, batch norm, inception branches, transposed convolution, linear."""
    state = collections.OrderedDict()
    state["conv1.weight"] = torch.randn(4, 3, 3, 3)
    state["bn1.weight"] = torch.rand(4) + 0.5
    state["bn1.bias"] = torch.randn(4)
    state["bn1.running_mean"] = torch.randn(4)
    state["bn1.running_var"] = torch.rand(4) + 0.5
    state["layer1.0.conv2.conv_list.0.weight"] = torch.randn(3, 4, 3, 3)
    state["layer1.0.conv2.conv_list.1.weight"] = torch.randn(1, 4, 3, 3)
    state["layer1.0.conv2.conv_list.2.weight"] = torch.randn(2, 4, 3, 3)
    state["deconv_layers.0.weight"] = torch.randn(6, 5, 4, 4)
    state["fc.weight"] = torch.randn(7, 6)
    state["fc.bias"] = torch.randn(7)
    state = collections.OrderedDict((name, tensor.to(dtype)) for name, tensor in state.items())
    state["bn1.num_batches_tracked"] = torch.tensor(1234)
    return state


def every_dtype():
    names = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 uint32".split()
    tensors = {name: torch.arange(-3, 6).reshape(3, 3).abs().to(getattr(torch, name)) for name in names}
    for name in "float32 float64 float16 bfloat16".split():
        # Subnormals, the largest halves, infinities and values that need rounding.
        special = [0.0, -0.0, 6e-8, -5.96e-8, 65504.0, 1.0009765625, 3.140625, float("inf"), float("-inf")]
        tensors[name] = torch.tensor(special, dtype=torch.float64).to(getattr(torch, name)).reshape(3, 3)
    tensors["bool"] = torch.tensor([[True, False, True]])
    tensors["signed"] = torch.tensor([-(2**31), 2**31 - 1, -1], dtype=torch.int64)
    return tensors


def views():
    base = torch.randn(6, 8)
    square = torch.randn(4, 5)
    images = torch.randn(2, 3, 4, 5)
    return {
        "base": base,
        "same": base,
        "row": base[2],
        "column": base[:, 3],
        "block": base[1:5, 2:7:2],
        "transposed": square.t(),
        "channels_last": images.contiguous(memory_format=torch.channels_last),
        "permuted": images.permute(3, 1, 0, 2),
        "expanded": torch.randn(3, 1).expand(3, 4),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.randn(3)),
        "half_block": base.half()[1:5, 2:7:2],
    }


def training_checkpoint(state):
    moments = {i: {"step": torch.tensor(3.0), "exp_avg": torch.randn(2)} for i in range(2)}
    return {
        "epoch": 12,
        "best": 0.389,
        "args": argparse.Namespace(lr=0.02, name="ic-resnet50"),
        "numpy_scalar": np.float64(1.5),
        "numpy_array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "state_dict": {f"module.{name}": tensor for name, tensor in state.items()},
        "ema_state_dict": {f"module.{name}": tensor * 0 + 1 for name, tensor in state.items()},
        "optimizer": {"state": moments, "param_groups": [{"lr": 0.02, "params": [0, 1]}]},
    }


class HistoryBuffer:
    """Stands for mmengine.logging.history_buffer.HistoryBuffer, which checkpoints of that framework hold."""

    def __init__(self):
        self._log_history = np.array([1.0, 2.0])
        self.statistics_methods = {"mean": HistoryBuffer.mean}

    def mean(self):
        return self._log_history.mean()


def mm_checkpoint(state):
    for name in ("mmengine", "mmengine.logging", "mmengine.logging.history_buffer"):
        sys.modules[name] = types.ModuleType(name)
    HistoryBuffer.__module__ = "mmengine.logging.history_buffer"
    sys.modules["mmengine.logging.history_buffer"].HistoryBuffer = HistoryBuffer
    return {
        "meta": {"mmdet_version": "2.0", "config": "model = dict()", "CLASSES": ("person", "bicycle")},
        "message_hub": {"log_scalars": collections.OrderedDict(loss=HistoryBuffer())},
        "state_dict": {f"backbone.{name}": tensor for name, tensor in state.items()} | {"neck.bias": torch.ones(2)},
    }


class CallsSystem:
    """Asks the reader to run a command."""

    def __reduce__(self):
        import os

        return (os.system, ("echo owned > owned.txt",))


def leaves(value, path=()):
    if isinstance(value, torch.Tensor):
        yield ".".join(path), value.detach().to(torch.float64)
    elif isinstance(value, np.ndarray):
        yield ".".join(path), torch.from_numpy(value).to(torch.float64)
    elif isinstance(value, HistoryBuffer):
        yield from leaves(vars(value), path)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for key, item in enumerate(value):
            yield from leaves(item, (*path, str(key)))


def deflated(data):
    """The same archive, compressed as some tools do when they repack."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main():
    torch.manual_seed(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    state = small_network()
    objects = {
        "network": state,
        "half": small_network(torch.float16),
        "bfloat16": small_network(torch.bfloat16),
        "dtypes": every_dtype(),
        "views": views(),
        "training": training_checkpoint(state),
        "mm": mm_checkpoint(state),
    }
    expected = {}
    for name, value in objects.items():
        torch.save(value, OUT / f"{name}.pth")
        if name not in ("half", "mm", "dtypes"):
            torch.save(value, OUT / f"{name}.legacy.pth", _use_new_zipfile_serialization=False)
        for path, tensor in leaves(value):
            expected[f"{name}/{path}"] = tensor.contiguous().clone()
    legacy = {name: value for name, value in objects["dtypes"].items() if name not in ("uint16", "uint32")}
    torch.save(legacy, OUT / "dtypes.legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.arange(3.0), OUT / "bare-tensor.pt")
    torch.save({"weight": torch.ones(2), "protocol": 5}, OUT / "protocol5.pth", pickle_protocol=5)
    (OUT / "deflated.pth").write_bytes(deflated((OUT / "network.pth").read_bytes()))
    torch.save({"weight": torch.ones(2), "hook": CallsSystem()}, OUT / "calls-system.pth")
    torch.save({"weight": torch.ones(2), "hook": CallsSystem()}, OUT / "calls-system.legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), OUT / "whole-module.pth")
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(OUT / "torchscript.pt"))
    safetensors.torch.save_file(every_dtype(), OUT / "dtypes.safetensors", metadata={"format": "pt"})
    safetensors.torch.save_file(expected, OUT / "expected.safetensors")
    manifest = {
        "script": "tooling/reference/make_weights.py",
        "seed": SEED,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "safetensors": safetensors.__version__,
        "pickle": pickle.format_version,
        "tolerance": 0,
    }
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def check(path):
    """torch accepts the file without running anything, and the archive's checksums are right."""
    if not path.endswith(".safetensors"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        value = torch.load(path, weights_only=True)
        mapped = torch.load(path, weights_only=True, mmap=True)
    else:
        value = mapped = safetensors.torch.load_file(path)
    for (name, tensor), (_, again) in zip(leaves(value), leaves(mapped), strict=True):
        assert torch.equal(tensor, again) or tensor.isnan().any()
        print(name, list(tensor.shape), tensor.sum().item())


if __name__ == "__main__":
    check(sys.argv[2]) if sys.argv[1:2] == ["--check"] else main()
