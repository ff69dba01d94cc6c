"""ResNets in torch, onnxruntime and OpenVINO as peers of the benchmark: one JSON request a line, one JSON answer a line.

    {"do": "model", "name": "ic", "file": PATH, "depth": 50, "branches": {"layer1.0.conv2": [[dH, dW, count], ...]}}
        a checkpoint with torchvision's names; inception layers hold one convolution a branch, as in the published ones
    {"do": "input", "file": PATH, "shape": [N, H, W, 3]}   float32, NHWC
    {"do": "run", "model": "ic", "engine": "torch" | "onnxruntime" | "openvino" | "openvino-bfloat16", "repeat": N, "out": PATH or null}
        -> {"ms": time of one run on average}; with "out", C5 is written there in NHWC float32
Each engine gets what serves it: batch norms folded, torch in channels-last memory, OpenVINO compiled for the input's shape and the latency
of one call; no gradient. All compute in float32 but the last, which OpenVINO takes by itself where the processor has AVX512-BF16.
"""

import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
import torch
import torchvision
from onnx import helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

sys.path.insert(0, str(Path(__file__).parents[1]))
from serve import serve  # noqa: E402

models = {}
image = None


class Inception(nn.Module):
    def __init__(self, conv, branches):
        super().__init__()
        self.conv_list = nn.ModuleList(
            nn.Conv2d(conv.in_channels, count, 3, conv.stride, (height, width), (height, width), bias=False)
            for height, width, count in branches
        )

    def forward(self, x):
        return torch.cat([conv(x) for conv in self.conv_list], 1)


def fold(conv, bn):
    """The convolution with its batch norm inside; of an inception layer, each branch with its share."""
    parts, start = conv.conv_list if isinstance(conv, Inception) else [conv], 0
    for part in parts:
        share = slice(start, start + part.out_channels)
        part.weight, part.bias = fuse_conv_bn_weights(
            part.weight, None, bn.running_mean[share], bn.running_var[share], bn.eps, bn.weight[share], bn.bias[share]
        )
        start = share.stop
    return conv


class Folded(nn.Module):
    """A ResNet up to C5 whose convolutions have biases and no batch norms behind them."""

    def __init__(self, resnet):
        super().__init__()
        self.stem = fold(resnet.conv1, resnet.bn1)
        self.pool = resnet.maxpool
        self.blocks = nn.ModuleList()
        for stage in [resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4]:
            for block in stage:
                # Basic blocks have two.
                numbers = [n for n in (1, 2, 3) if hasattr(block, f"conv{n}")]
                convs = [fold(getattr(block, f"conv{n}"), getattr(block, f"bn{n}")) for n in numbers]
                shortcut = None if block.downsample is None else fold(*block.downsample)
                self.blocks.append(nn.ModuleDict({"convs": nn.ModuleList(convs)} | ({"shortcut": shortcut} if shortcut else {})))

    def forward(self, x):
        y = self.pool(torch.relu_(self.stem(x)))
        for block in self.blocks:
            z = y
            for i, conv in enumerate(block["convs"]):
                z = conv(z if i == 0 else torch.relu_(z))
            y = torch.relu_(z.add_(block["shortcut"](y) if "shortcut" in block else y))
        return y


class Graph:
    """The same network as an ONNX model of plain operators."""

    def __init__(self, model):
        self.nodes, self.weights = [], []
        y = self.op("Relu", self.conv("image", model.stem))
        y = self.op("MaxPool", y, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        for block in model.blocks:
            z = y
            for i, conv in enumerate(block["convs"]):
                z = self.conv(z if i == 0 else self.op("Relu", z), conv)
            z = self.op("Add", z, self.conv(y, block["shortcut"]) if "shortcut" in block else y)
            y = self.op("Relu", z)
        y = self.head(y, model)
        inputs = [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["batch", 3, "height", "width"])]
        outputs = [helper.make_tensor_value_info(y, onnx.TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "resnet", inputs, outputs, self.weights)
        self.model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

    def head(self, y, model):
        for deconv in getattr(model, "deconvs", []):
            y = self.op("Relu", self.conv(y, deconv, "ConvTranspose"))
        return self.conv(y, model.final) if hasattr(model, "final") else y

    def op(self, kind, *inputs, **attributes):
        output = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, tensor):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(tensor.detach().numpy(), name))
        return name

    def conv(self, x, conv, kind="Conv"):
        if isinstance(conv, Inception):
            return self.op("Concat", *[self.conv(x, part) for part in conv.conv_list], axis=1)
        return self.op(
            kind,
            x,
            self.constant(conv.weight),
            self.constant(conv.bias),
            kernel_shape=list(conv.kernel_size),
            strides=list(conv.stride),
            dilations=list(conv.dilation),
            pads=list(conv.padding) * 2,
        )


def unfolded(request):
    """A ResNet without weights, its inception layers in their places."""
    resnet = getattr(torchvision.models, f"resnet{request['depth']}")(weights=None)
    for name, branches in request["branches"].items():
        block, layer = name.rsplit(".", 1)
        setattr(resnet.get_submodule(block), layer, Inception(resnet.get_submodule(name), branches))
    resnet.fc = nn.Identity()
    return resnet.eval()


def model(request):
    resnet = unfolded(request)
    resnet.load_state_dict(torch.load(request["file"], weights_only=True))
    keep(request["name"], Folded(resnet))
    return {}


class OpenVino:
    """A network compiled for the shape of the input it last saw."""

    def __init__(self, graph, threads, precision):
        self.core, self.graph, self.shape = openvino.Core(), graph, None
        self.settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}

    def __call__(self, array):
        if array.shape != self.shape:
            model = self.core.read_model(self.graph)
            model.reshape(list(array.shape))
            self.request = self.core.compile_model(model, "CPU", self.settings).create_infer_request()
            self.shape = array.shape
        return self.request.infer([array], share_inputs=True, share_outputs=True)[0]


def keep(name, folded):
    """Each engine's way to run a folded network."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    graph = Graph(folded).model.SerializeToString()
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    single = OpenVino(graph, torch.get_num_threads(), "f32")
    half = OpenVino(graph, torch.get_num_threads(), "bf16")
    models[name] = {
        "torch": lambda: folded(image),
        "onnxruntime": lambda: session.run(None, {"image": nchw})[0],
        "openvino": lambda: single(nchw),
        "openvino-bfloat16": lambda: half(nchw),
    }
    folded.to(memory_format=torch.channels_last)


def read_input(request):
    global image, nchw
    array = np.fromfile(request["file"], np.float32).reshape(request["shape"])
    nchw = np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    image = torch.from_numpy(nchw).to(memory_format=torch.channels_last)
    return {}


def run(request):
    forward = models[request["model"]][request["engine"]]
    elapsed = 0
    for _ in range(request["repeat"]):
        result = None
        start = time.perf_counter()
        result = forward()
        elapsed += time.perf_counter() - start
    if request["out"]:
        np.ascontiguousarray(np.asarray(result).transpose(0, 2, 3, 1)).tofile(request["out"])
    return {"ms": elapsed * 1e3 / request["repeat"]}


def version(request):
    vino = openvino.__version__.split("-")[0]
    return {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__, "openvino": vino, "openvino-bfloat16": vino}


def serve_networks(commands):
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_grad_enabled(False)
    serve(commands)


if __name__ == "__main__":
    serve_networks({"model": model, "input": read_input, "run": run, "version": version})
