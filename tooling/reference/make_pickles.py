"""Checkpoints in every protocol of Python's pickle and in both containers of torch.save, with what training programs put beside weights.

Writes into packages/tensor-ops/test/weights/fixtures/pickles:

- `objects.p<protocol>[.legacy].pth`: tensors, containers, configurations of libraries (stood for by classes of their names), paths, dates,
  enumerations, functions and classes by name. What is read from them must be the same for all protocols and both containers;
- `kinds[.legacy].pth`: tensors without data, quantized, sparse, nested, of 8-bit floats and of complex halves, beside an ordinary one;
- `float8.pth` with all 256 values of each type, and their float32 values in `float8.safetensors`;
- `zoo.p<protocol>.pkl`: a plain pickle of NumPy arrays, as model zoos have them; `zoo.python2.p<0..2>.pkl`: with arrays' bytes as texts, as
  Python 2 wrote them;
- `module.pth`, `module-beside-state.pth`: a whole module, alone and beside a state dict;
- `manifest.json`.

    python tooling/reference/make_pickles.py
"""

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import operator
import pathlib
import pickle
import re
import sys
import types
import uuid

import numpy as np
import safetensors.torch
import torch

SEED = 20261128
# Of the largest array of a zoo: in these protocols texts of more than 64 kB are spelled in another way than short ones.
ROWS = {0: 82, 1: 3, 2: 82, 3: 3, 4: 3, 5: 3}
OUT = pathlib.Path(__file__).resolve().parents[2] / "packages/tensor-ops/test/weights/fixtures/pickles"


def stand_in(full, bases=(object,), **members):
    """A class that is pickled by the name of a library's, or of a user's program."""
    module, name = full.rsplit(".", 1)
    for i in range(1, module.count(".") + 2):
        part = ".".join(module.split(".")[:i])
        sys.modules.setdefault(part, types.ModuleType(part))
    made = type(name, bases, {"__module__": module, **members})
    setattr(sys.modules[module], name, made)
    return made


Point = collections.namedtuple("Point", "x y")
Point.__module__ = "shapes"
sys.modules["shapes"] = types.ModuleType("shapes")
sys.modules["shapes"].Point = Point


class Mode(enum.Enum):
    TRAIN = 1


class Flags(enum.IntFlag):
    A = 1
    B = 2


@dataclasses.dataclass
class TrainConfig:
    lr: float = 0.1
    mode: Mode = Mode.TRAIN


for made in (Mode, Flags, TrainConfig):
    made.__module__ = "train"
sys.modules["train"] = types.ModuleType("train")
sys.modules["train"].__dict__.update(Mode=Mode, Flags=Flags, TrainConfig=TrainConfig)


def omega_config():
    """An OmegaConf tree: nodes with metadata, parents and types, in a circle."""
    config = stand_in("omegaconf.dictconfig.DictConfig")
    metadata = stand_in("omegaconf.base.ContainerMetadata")
    node = stand_in("omegaconf.nodes.AnyNode")
    root, leaf, about = config(), node(), metadata()
    about.__dict__.update(ref_type=object, object_type=dict, optional=True, resolver_cache=collections.defaultdict(dict))
    leaf.__dict__.update(_val=0.1, _parent=root, _metadata=about)
    root.__dict__.update(_metadata=about, _parent=None, _content={"lr": leaf, "again": leaf})
    return root


def with_attributes(made, **attributes):
    made.__dict__.update(attributes)
    return made


def objects():
    torch.manual_seed(SEED)
    easy = stand_in("easydict.EasyDict", (dict,))
    node = stand_in("yacs.config.CfgNode", (dict,))
    attributes = stand_in("pytorch_lightning.utilities.parsing.AttributeDict", (dict,))
    history = stand_in("mmengine.logging.history_buffer.HistoryBuffer", mean=lambda self: 0)()
    history.__dict__.update(_log=np.arange(3.0), methods={"mean": type(history).mean})
    type(history).mean.__module__, type(history).mean.__qualname__ = "mmengine.logging.history_buffer", "HistoryBuffer.mean"
    ordered = collections.OrderedDict(a=1)
    ordered._metadata = {"": {"version": 2}}
    return {
        "state_dict": collections.OrderedDict(
            weight=torch.arange(6, dtype=torch.float32).reshape(2, 3),
            half=torch.tensor([0.5, -2.0], dtype=torch.float16),
            brain=torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
            long=torch.tensor([2**40, -1]),
            flag=torch.tensor([True, False]),
            parameter=torch.nn.Parameter(torch.ones(2)),
            column=torch.arange(6, dtype=torch.float32).reshape(2, 3)[:, 1],
        ),
        "plain": {
            "numbers": [0, 1, -1, 255, 65536, -(2**31), 2**31, 2**53 + 2, -(2**80), 1.5, -0.0, float("inf")],
            "truth": [True, False, None],
            "texts": ["", "plain", "back\\slash 'quote' \"double\"", "line\nbreak\ttab\0nul\x1a", "ÆØÅ ŵ \U0001f600", "\\u0041"],
            (1, 2): "tuple key",
            3: "number key",
            None: "no key",
        },
        "collections": {
            "int": collections.defaultdict(int, a=1),
            "list": collections.defaultdict(list, a=[1]),
            "str": collections.defaultdict(str, a="x"),
            "config": collections.defaultdict(TrainConfig),
            "counter": collections.Counter("aab"),
            "deque": collections.deque([1, 2], maxlen=4),
            "ordered": ordered,
            "set": {1},
            "frozenset": frozenset([2]),
            "bytes": b"\x00\xff",
            "empty": b"",
            "bytearray": bytearray(b"\x00\xfe"),
            "complex": 1 + 2j,
            "range": range(3),
            "slice": slice(1, 2),
            "names": [int, str, bytes, dict, object, type(None), len, ValueError, torch.nn.Linear, torch.nn.functional.relu, np.float32],
        },
        "numpy": {
            "array": np.arange(6, dtype=np.float32).reshape(2, 3),
            "fortran": np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)),
            "big": np.arange(3, dtype=">i4"),
            "empty": np.zeros((0, 2)),
            "scalar": np.float64(0.25),
            "int": np.int64(-3),
            "bool": np.bool_(True),
            "random": np.random.RandomState(1).get_state(),
        },
        "hyper_parameters": {
            "omega": omega_config(),
            "namespace": argparse.Namespace(lr=0.02, nested=argparse.Namespace(name="x")),
            "simple": types.SimpleNamespace(a=1),
            "easy": with_attributes(easy(lr=0.5), lr=0.5),
            "node": node(SOLVER=node(LR=0.25)),
            "attributes": attributes(lr=0.125),
            "dataclass": TrainConfig(),
            "enum": Mode.TRAIN,
            "flags": Flags.A | Flags.B,
            "point": Point(1, 2),
            "path": pathlib.PurePosixPath("/data/x"),
            "when": datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone.utc),
            "took": datetime.timedelta(seconds=3),
            "id": uuid.UUID(int=7),
            "decimal": decimal.Decimal("1.5"),
            "fraction": fractions.Fraction(1, 3),
            "partial": functools.partial(torch.optim.SGD, lr=0.1),
            "getter": operator.itemgetter(1),
            "pattern": re.compile("a+"),
            "error": ValueError("no"),
            "generator": np.random.default_rng(1),
            "loss": torch.nn.CrossEntropyLoss(weight=torch.ones(3)),
        },
        "torch": {"device": torch.device("cpu"), "size": torch.Size([2, 3]), "dtype": torch.float16, "layout": torch.strided},
        "history": history,
        "epoch": 3,
    }


def kinds():
    quantized = torch.quantize_per_tensor(torch.arange(4.0), 0.5, 1, torch.quint8)
    return {
        "ok": torch.arange(4.0),
        "meta": torch.zeros(2, 3, device="meta"),
        "quantized": quantized,
        "sparse": torch.eye(3).to_sparse(),
        "csr": torch.eye(3).to_sparse_csr(),
        "complex_half": torch.zeros(2, dtype=torch.complex32),
        "small": torch.zeros(2, dtype=torch.float4_e2m1fn_x2),
        "negative": torch._neg_view(torch.ones(2)),
        "conjugate": torch.ones(2, dtype=torch.complex64).conj(),
        "objects": np.array(["a", None], dtype=object),
        "texts": np.array(["a", "bc"]),
        "last": torch.arange(3.0),
    }


FLOAT8 = "float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu".split()


def float8():
    every = torch.arange(256, dtype=torch.uint8)
    return {name: every.view(getattr(torch, name)) for name in FLOAT8}


class Python2Pickler(pickle._Pickler):
    """Spells bytes as Python 2 does its `str`: as texts."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value):
        if self.proto == 0:
            self.write(b"S'" + b"".join(b"\\x%02x" % c if c < 32 or c > 126 or c in b"\\'" else bytes([c]) for c in value) + b"'\n")
        elif len(value) < 256:
            self.write(b"U" + bytes([len(value)]) + value)
        else:
            self.write(b"T" + len(value).to_bytes(4, "little") + value)
        self.memoize(value)

    dispatch[bytes] = save_bytes


def zoo(rows):
    random = np.random.default_rng(SEED)
    return {
        "model": {
            "backbone.weight": random.standard_normal((4, 3, 3, 3)).astype(np.float32),
            "backbone.bias": np.arange(4, dtype=np.float32),
            "head.weight": np.arange(200 * rows, dtype=np.float32).reshape(rows, 200),
            "steps": np.int64(90000),
        },
        "__author__": "Model Zoo",
        "matching_heuristics": True,
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for protocol in range(6):
        torch.save(objects(), OUT / f"objects.p{protocol}.pth", pickle_protocol=protocol)
        value = objects()
        if protocol == 0:
            # The legacy format spells a module's class with its source, which protocol 0 takes as ASCII only.
            value["hyper_parameters"].pop("loss")
            value["collections"]["names"].remove(torch.nn.Linear)
        torch.save(value, OUT / f"objects.p{protocol}.legacy.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=False)
        (OUT / f"zoo.p{protocol}.pkl").write_bytes(pickle.dumps(zoo(ROWS[protocol]), protocol=protocol))
    for protocol in range(3):
        with open(OUT / f"zoo.python2.p{protocol}.pkl", "wb") as file:
            Python2Pickler(file, protocol).dump(zoo(ROWS[protocol]))
    torch.save(kinds(), OUT / "kinds.pth")
    legacy = {name: value for name, value in kinds().items() if name not in ("complex_half", "small")}
    torch.save(legacy, OUT / "kinds.legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(float8(), OUT / "float8.pth")
    safetensors.torch.save_file({name: value.to(torch.float32) for name, value in float8().items()}, OUT / "float8.safetensors")
    module = torch.nn.Linear(2, 2)
    torch.save({"model": module, "optimizer": {"momentum": torch.ones(2)}, "epoch": 1}, OUT / "module.pth")
    torch.save({"model": module, "state_dict": module.state_dict()}, OUT / "module-beside-state.pth")
    torch.serialization.set_crc32_options(False)
    torch.save({"weight": torch.arange(3.0)}, OUT / "no-checksums.pth")
    manifest = {
        "script": "tooling/reference/make_pickles.py",
        "seed": SEED,
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "numpy": np.__version__,
        "tolerance": 0,
    }
    (OUT / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
