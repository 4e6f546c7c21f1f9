"""A classifier of scikit-learn's handwritten digits, trained in a second, and rows that it was not trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from optimizers.passes import Form, FormedModel

TRAINED_ROWS = 1400
EPOCHS = 6
CLASSES = 10
SIZE = 8


def digits() -> tuple[Any, Any]:
    """Images `(rows, 1, 8, 8)` in 0 to 1, and their labels, in a fixed random order."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    return (images / 16).astype(np.float32).reshape(-1, 1, SIZE, SIZE)[order], labels[order]


def train_digits(seed: int) -> dict[str, Any]:
    """Return the weights of a small convolutional network, by name."""
    import torch
    from torch.nn.functional import cross_entropy

    images, labels = (torch.from_numpy(values[:TRAINED_ROWS]) for values in digits())
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, SIZE, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(SIZE * SIZE * SIZE // 4, CLASSES),
    )
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(EPOCHS):
        for start in range(0, TRAINED_ROWS, 64):
            optimizer.zero_grad()
            cross_entropy(net(images[start : start + 64]), labels[start : start + 64]).backward()
            optimizer.step()
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def write_digits(path: Path, weights: dict[str, Any]) -> None:
    """Write the network as ONNX, `image (batch, 1, 8, 8) -> scores (batch, 10)`, opset 17."""
    nodes = [
        helper.make_node("Conv", ["image", "0.weight", "0.bias"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "4.weight", "4.bias"], ["scores"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIZE, SIZE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


@dataclass(frozen=True, slots=True)
class ReplacedBy:
    """
    Puts another model in the place of the one that it is given.

    Attributes:
        file: That model, as ONNX.
    """

    file: Path

    name: ClassVar[str] = "replaced"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        path = folder / "model.onnx"
        path.write_bytes(self.file.read_bytes())
        return FormedModel(Form.ONNX, model.signature, path=path)
