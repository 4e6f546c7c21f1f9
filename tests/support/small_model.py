"""A real ONNX model that builds in a second: three dense layers of fixed pseudo-random weights."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = 64
LAYERS = 3


def write_small_onnx(path: Path, seed: int = 7) -> None:
    """Write a network `input (batch, 64) -> output (batch, 64)`, opset 17."""
    random = np.random.default_rng(seed)
    nodes, weights, previous = [], [], "input"
    for layer in range(LAYERS):
        weight = (random.standard_normal((WIDTH, WIDTH)) / np.sqrt(WIDTH)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"weight{layer}"))
        result = "output" if layer == LAYERS - 1 else f"hidden{layer}"
        nodes.append(helper.make_node("MatMul", [previous, f"weight{layer}"], [f"product{layer}"]))
        nodes.append(helper.make_node("Tanh", [f"product{layer}"], [result]))
        previous = result
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", WIDTH])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", WIDTH])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
