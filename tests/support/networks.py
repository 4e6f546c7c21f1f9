"""Small ONNX networks of seeded weights: perceptrons, convolutions and attention, with samples beside them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from optimizers.passes import Form, FormedModel
from optimizers.sample_batches import write_batches
from optimizers.signature import Signature, TensorSpec

SAMPLES = 16
OPSET = 17


@dataclass
class Network:
    """
    A network that grows node by node.

    Attributes:
        seed: Of weights and samples.
    """

    seed: int
    nodes: list[Any] = field(default_factory=list[Any])
    tensors: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output and return its name."""
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, *shape: int, inputs: int) -> str:
        """Add weights whose products with `inputs` unit values have unit variance."""
        return self.tensor((self.random.standard_normal(shape) / np.sqrt(inputs)).astype(np.float32))

    def tensor(self, value: Any) -> str:
        """Add a constant."""
        name = f"w{len(self.tensors)}"
        self.tensors[name] = np.asarray(value)
        return name

    def normalize(self, value: str, width: int) -> str:
        """Add a LayerNormalization over the last axis."""
        scale, bias = (self.tensor(np.full(width, number, np.float32)) for number in (1, 0))
        return self.add("LayerNormalization", value, scale, bias, axis=-1)

    def write(
        self, folder: Path, output: str, given: tuple[int | str, ...], taken: tuple[int | str, ...]
    ) -> FormedModel:
        """Write `model.onnx` and samples into a folder."""
        self.nodes.append(helper.make_node("Identity", [output], ["output"]))
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, list(given))],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(taken))],
            [numpy_helper.from_array(value, name) for name, value in self.tensors.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        folder.mkdir(exist_ok=True)
        onnx.save(model, folder / "network.onnx")
        shape = [size if isinstance(size, int) else 5 for size in given[1:]]
        rows = self.random.standard_normal((SAMPLES, *shape)).astype(np.float32)
        write_batches(folder / "samples", [{"input": rows[:1]}, {"input": rows[1:]}])
        signature = Signature(
            inputs=(TensorSpec(name="input", shape=given),), outputs=(TensorSpec(name="output", shape=taken),)
        )
        return FormedModel(Form.ONNX, signature, path=folder / "network.onnx", samples=folder / "samples")


def write_perceptron(folder: Path, *, width: int, layers: int, seed: int, fragile: int | None = None) -> FormedModel:
    """Write `(batch, width) -> (batch, width)`; the input of the `fragile` layer has one channel that is much larger than the others."""
    network, value = Network(seed), "input"
    for layer in range(layers):
        weight = network.weight(width, width, inputs=width)
        if fragile is not None and layer == fragile - 1:
            network.tensors[weight][:, 0] *= 1000
        if layer == fragile:
            network.tensors[weight][0] /= 1000
        value = network.add("MatMul", value, weight)
        if fragile is None:
            value = network.add("Relu", network.add("Add", value, network.weight(width, inputs=width)))
    return network.write(folder, value, ("batch", width), ("batch", width))


def write_convolution(folder: Path, *, channels: int, size: int, seed: int) -> FormedModel:
    """Write two convolutions with a sum around them, then a mean over each channel: `(batch, channels, size, size) -> (batch, channels)`."""
    network = Network(seed)
    inputs = channels * 9
    value = network.add("Conv", "input", network.weight(channels, channels, 3, 3, inputs=inputs), pads=[1] * 4)
    value = network.add("Relu", value)
    value = network.add("Conv", value, network.weight(channels, channels, 3, 3, inputs=inputs), pads=[1] * 4)
    value = network.add("Add", value, "input")
    value = network.add("Flatten", network.add("GlobalAveragePool", network.add("Relu", value)))
    return network.write(folder, value, ("batch", channels, size, size), ("batch", channels))


def write_attention(folder: Path, *, heads: int, width: int, layers: int, seed: int) -> FormedModel:
    """Write an encoder of attention, a feed-forward part and normalizations: `(batch, sequence, heads * width)`, same shape out."""
    network, value, hidden = Network(seed), "input", heads * width
    apart, together = network.tensor([0, 0, heads, width]), network.tensor([0, 0, hidden])
    scale = network.tensor(np.float32(1 / np.sqrt(width)))
    for _ in range(layers):
        parts = list[str]()
        for axes in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
            product = network.add("MatMul", value, network.weight(hidden, hidden, inputs=hidden))
            parts.append(network.add("Transpose", network.add("Reshape", product, apart), perm=axes))
        queries, keys, values = parts
        scores = network.add("Softmax", network.add("Mul", network.add("MatMul", queries, keys), scale), axis=-1)
        mixed = network.add("Transpose", network.add("MatMul", scores, values), perm=[0, 2, 1, 3])
        mixed = network.add(
            "MatMul", network.add("Reshape", mixed, together), network.weight(hidden, hidden, inputs=hidden)
        )
        value = network.normalize(network.add("Add", mixed, value), hidden)
        wide = network.add("MatMul", value, network.weight(hidden, 2 * hidden, inputs=hidden))
        wide = network.add("Relu", network.add("Add", wide, network.weight(2 * hidden, inputs=hidden)))
        narrow = network.add("MatMul", wide, network.weight(2 * hidden, hidden, inputs=2 * hidden))
        value = network.normalize(network.add("Add", narrow, value), hidden)
    shape = ("batch", "sequence", hidden)
    return network.write(folder, value, shape, shape)
