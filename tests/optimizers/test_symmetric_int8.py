"""INT8 as the compilers of GPUs read it: signed, without zero points, weights quantized on the way, biases in floating point."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from optimizers.goal import ParityThresholds
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.passes import Form, FormedModel
from optimizers.sample_batches import write_batches
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction

SIGNATURE = Signature(
    inputs=(TensorSpec(name="image", shape=("batch", 3, 8, 8)),),
    outputs=(TensorSpec(name="scores", shape=("batch", 4, 6, 6)),),
)
ROWS = np.random.default_rng(1).standard_normal((16, 3, 8, 8)).astype(np.float32)


@pytest.fixture
def source(tmp_path: Path) -> FormedModel:
    """A convolution with a bias."""
    random = np.random.default_rng(7)
    weights = [
        numpy_helper.from_array(random.standard_normal((4, 3, 3, 3)).astype(np.float32), "weight"),
        numpy_helper.from_array(random.standard_normal(4).astype(np.float32), "bias"),
    ]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weight", "bias"], ["sum"]), helper.make_node("Relu", ["sum"], ["scores"])],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 4, 6, 6])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    write_batches(tmp_path / "samples", [{"image": ROWS}])
    return FormedModel(Form.ONNX, SIGNATURE, path=tmp_path / "m.onnx", samples=tmp_path / "samples")


def quantized(source: FormedModel, folder: Path, *, symmetric: bool) -> Any:
    folder.mkdir()
    item = OnnxStaticInt8(Prediction.NUMERIC, ParityThresholds(max_error=0.5), symmetric=symmetric)
    return onnx.load(item.run(source, folder).file)


def test_every_zero_point_is_a_signed_zero(source: FormedModel, tmp_path: Path) -> None:
    proto = quantized(source, tmp_path / "result", symmetric=True)
    values = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    zeros = [
        values[node.input[2]] for node in proto.graph.node if node.op_type in {"QuantizeLinear", "DequantizeLinear"}
    ]

    assert zeros
    assert all(zero.dtype == np.int8 and not zero.any() for zero in zeros)


def test_weights_are_quantized_on_the_way_and_the_bias_is_not(source: FormedModel, tmp_path: Path) -> None:
    proto = quantized(source, tmp_path / "result", symmetric=True)
    made_by = {output: node for node in proto.graph.node for output in node.output}
    values = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    (convolution,) = (node for node in proto.graph.node if node.op_type == "Conv")
    _, weight, bias = convolution.input

    assert made_by[weight].op_type == "DequantizeLinear"
    assert made_by[made_by[weight].input[0]].op_type == "QuantizeLinear"
    assert values[made_by[made_by[weight].input[0]].input[0]].dtype == np.float32
    # A scale for each output channel.
    assert values[made_by[weight].input[1]].shape == (4,)
    assert values[bias].dtype == np.float32


def test_it_answers_like_the_original(source: FormedModel, tmp_path: Path) -> None:
    quantized(source, tmp_path / "result", symmetric=True)
    before, after = (
        OnnxRuntimeSession(path, 1, {}).run({"image": ROWS})["scores"]
        for path in (source.file, tmp_path / "result/model.onnx")
    )

    assert np.abs(before - after).max() / np.abs(before).max() < 0.03


def test_the_default_is_what_main_processors_are_fast_with(source: FormedModel, tmp_path: Path) -> None:
    proto = quantized(source, tmp_path / "result", symmetric=False)
    kinds = {item.data_type for item in proto.graph.initializer if item.name.endswith("zero_point")}

    assert TensorProto.UINT8 in kinds


def test_parity_is_that_of_exact_sums_whatever_this_processor_does(tmp_path: Path) -> None:
    width = 64
    signs = np.ones((width, width), np.float32)
    signs[:, ::2] *= np.random.default_rng(0).choice(np.array([-1, 1], np.float32), (width, width // 2))
    signature = Signature(
        inputs=(TensorSpec(name="rows", shape=("batch", width)),),
        outputs=(TensorSpec(name="sums", shape=("batch", width)),),
    )
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["rows", "first"], ["a"]),
            helper.make_node("Relu", ["a"], ["b"]),
            helper.make_node("MatMul", ["b", "second"], ["sums"]),
        ],
        "graph",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", width])],
        [helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(signs, "first"), numpy_helper.from_array(signs.T.copy() / width, "second")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    # Large weights and inputs of one sign: sums of two products go far beyond 16 bits.
    write_batches(tmp_path / "samples", [{"rows": 0.5 + 0.5 * np.random.default_rng(1).random((8, width), np.float32)}])
    source = FormedModel(Form.ONNX, signature, path=tmp_path / "m.onnx", samples=tmp_path / "samples")
    (tmp_path / "result").mkdir()

    found = OnnxStaticInt8(Prediction.EMBEDDING, ParityThresholds(), symmetric=True).run(source, tmp_path / "result")

    assert found.remark == "2 layers"
