"""Static INT8 on real graphs: what becomes INT8, and which layers are left alone because they hurt."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from optimizers.errors import UnsupportedModel
from optimizers.goal import ParityThresholds
from optimizers.onnx_calibrated import CalibratedModel
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.parity import compare
from optimizers.passes import Form, FormedModel
from optimizers.report import Parity
from optimizers.sample_batches import read_batches, write_batches
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction

CHANNELS, WIDTH, LAYERS = 8, 16, 6
FLOATS = TensorProto.FLOAT
NEAR = ParityThresholds()
STATIC = OnnxStaticInt8(prediction=Prediction.EMBEDDING, thresholds=NEAR)


def weights(*shape: int, seed: int) -> Any:
    return (np.random.default_rng(seed).standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)


def write(path: Path, nodes: list[Any], tensors: dict[str, Any], shape: list[Any], out: list[Any]) -> None:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("input", FLOATS, shape)],
        [helper.make_tensor_value_info("output", FLOATS, out)],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def formed(path: Path, rows: Any, shape: tuple[Any, ...], out: tuple[Any, ...]) -> FormedModel:
    samples = path.parent / "samples"
    write_batches(samples, [{"input": rows[:4]}, {"input": rows[4:]}])
    signature = Signature(
        inputs=(TensorSpec(name="input", shape=shape),), outputs=(TensorSpec(name="output", shape=out),)
    )
    return FormedModel(Form.ONNX, signature, path=path, samples=samples)


@pytest.fixture
def convolution(tmp_path: Path) -> FormedModel:
    """Two convolutions and a sum around them."""
    path = tmp_path / "convolution.onnx"
    nodes = [
        helper.make_node("Conv", ["input", "first"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c", "input"], ["output"]),
    ]
    tensors = {name: weights(CHANNELS, CHANNELS, 3, 3, seed=seed) for seed, name in enumerate(("first", "second"))}
    shape = ("batch", CHANNELS, 8, 8)
    write(path, nodes, tensors, list(shape), list(shape))
    rows = np.random.default_rng(1).standard_normal((12, CHANNELS, 8, 8)).astype(np.float32)
    return formed(path, rows, shape, shape)


def perceptron(folder: Path, fragile: int | None) -> FormedModel:
    """Layers of a perceptron; the input of the `fragile` one has a channel a thousand times larger than the others."""
    path = folder / "perceptron.onnx"
    nodes, tensors, value = list[Any](), dict[str, Any](), "input"
    for layer in range(LAYERS):
        matrix = weights(WIDTH, WIDTH, seed=layer)
        if fragile is not None and layer == fragile - 1:
            matrix[:, 0] *= 1000
        if layer == fragile:
            matrix[0] /= 1000
        tensors[f"w{layer}"] = matrix
        after = "output" if layer == LAYERS - 1 else f"h{layer}"
        nodes.append(helper.make_node("MatMul", [value, f"w{layer}"], [after]))
        value = after
    shape = ("batch", WIDTH)
    write(path, nodes, tensors, list(shape), list(shape))
    rows = np.random.default_rng(2).standard_normal((32, WIDTH)).astype(np.float32)
    return formed(path, rows, shape, shape)


def run(model: FormedModel, folder: Path, item: OnnxStaticInt8 = STATIC) -> FormedModel:
    folder.mkdir()
    return item.run(model, folder)


def parity(model: FormedModel, quantized: FormedModel, thresholds: ParityThresholds = NEAR) -> Parity:
    batches = read_batches(model.samples_folder)
    before, after = (
        [OnnxRuntimeSession(item.file, 1, {}).run(batch) for batch in batches] for item in (model, quantized)
    )
    return compare(Prediction.EMBEDDING, before, after, thresholds)


def weight_scales(path: Path) -> list[Any]:
    """The scales of every INT8 tensor with more than a row."""
    graph = onnx.load(path).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    return [
        numpy_helper.to_array(tensors[node.input[1]])
        for node in graph.node
        if node.op_type == "DequantizeLinear"
        and (found := tensors.get(node.input[0])) is not None
        and found.data_type == TensorProto.INT8
    ]


def activation_types(path: Path) -> set[int]:
    graph = onnx.load(path).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    return {tensors[node.input[2]].data_type for node in graph.node if node.op_type == "QuantizeLinear"}


def test_weights_have_a_scale_a_channel_and_activations_are_unsigned(convolution: FormedModel, tmp_path: Path) -> None:
    quantized = run(convolution, tmp_path / "result")

    assert [scales.shape for scales in weight_scales(quantized.file)] == [(CHANNELS,)] * 2
    assert activation_types(quantized.file) == {TensorProto.UINT8}
    assert parity(convolution, quantized).passed
    assert quantized.remark == "2 layers"
    assert [path.name for path in (tmp_path / "result").iterdir()] == ["model.onnx"]


def gemm(folder: Path, bias: Any, transposed: int = 0) -> FormedModel:
    """Return a model of one layer with a bias."""
    path = folder / "gemm.onnx"
    nodes = [helper.make_node("Gemm", ["input", "w", "b"], ["output"], transB=transposed)]
    write(path, nodes, {"w": weights(WIDTH, WIDTH, seed=1), "b": bias}, ["batch", WIDTH], ["batch", WIDTH])
    rows = np.random.default_rng(2).standard_normal((32, WIDTH)).astype(np.float32)
    return formed(path, rows, ("batch", WIDTH), ("batch", WIDTH))


def test_a_bias_that_is_a_row_is_quantized_as_one_that_is_a_list(tmp_path: Path) -> None:
    model = gemm(tmp_path, weights(1, WIDTH, seed=2))

    assert parity(model, run(model, tmp_path / "result")).passed


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize("transposed", [0, 1])
def test_a_bias_of_one_number_is_that_of_every_column(tmp_path: Path, shape: tuple[int, ...], transposed: int) -> None:
    model = gemm(tmp_path, np.full(shape, 0.5, np.float32), transposed)

    assert parity(model, run(model, tmp_path / "result")).passed


@pytest.mark.parametrize("shape", [(WIDTH,), (1, WIDTH), (1, 1)])
def test_a_kept_layer_has_its_bias(tmp_path: Path, shape: tuple[int, ...]) -> None:
    batches = [{"input": np.ones((2, WIDTH), np.float32)}]
    model = gemm(tmp_path, np.full(shape, 0.5, np.float32))
    calibrated = CalibratedModel(model.file, batches, 1)
    calibrated.quantize()

    found = list(calibrated.answers(calibrated.keeping(calibrated.layers)))

    np.testing.assert_allclose(found[0]["output"], calibrated.expected()[0]["output"], rtol=1e-6)


def test_a_kept_layer_takes_what_comes_out_of_the_activation_before_it(convolution: FormedModel) -> None:
    calibrated = CalibratedModel(convolution.file, read_batches(convolution.samples_folder), 1)
    calibrated.quantize()

    found = list(calibrated.answers(calibrated.keeping(calibrated.layers)))

    verdict = compare(Prediction.EMBEDDING, calibrated.expected(), found, ParityThresholds(cosine=0.999))
    assert verdict.passed


def test_weights_that_are_listed_as_inputs_too_are_quantized(tmp_path: Path) -> None:
    model = gemm(tmp_path, weights(1, WIDTH, seed=2))
    proto = onnx.load(model.file)
    proto.ir_version = 3
    for tensor in proto.graph.initializer:
        proto.graph.input.append(helper.make_tensor_value_info(tensor.name, FLOATS, tensor.dims))
    onnx.save(proto, model.file)

    assert parity(model, run(model, tmp_path / "result")).passed


def test_a_bias_that_an_inner_graph_takes_too_keeps_its_shape(tmp_path: Path) -> None:
    inner = helper.make_graph(
        [helper.make_node("Concat", ["sum", "b"], ["all"], axis=0)],
        "inner",
        [],
        [helper.make_tensor_value_info("all", FLOATS, None)],
    )
    nodes = [
        helper.make_node("Gemm", ["input", "w", "b"], ["sum"]),
        helper.make_node("ReduceMax", ["input"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["positive"], to=TensorProto.BOOL),
        helper.make_node("If", ["positive"], ["output"], then_branch=inner, else_branch=inner),
    ]
    path = tmp_path / "inner.onnx"
    tensors = {"w": weights(WIDTH, WIDTH, seed=1), "b": weights(1, WIDTH, seed=2)}
    write(path, nodes, tensors, ["batch", WIDTH], ["more", WIDTH])
    rows = np.ones((2, WIDTH), np.float32)

    assert CalibratedModel(path, [{"input": rows}], 1).expected()[0]["output"].shape == (3, WIDTH)


def test_the_file_is_a_fraction_of_the_original(tmp_path: Path) -> None:
    path = tmp_path / "wide.onnx"
    write(
        path,
        [helper.make_node("MatMul", ["input", "w"], ["output"])],
        {"w": weights(256, 256, seed=1)},
        ["batch", 256],
        ["batch", 256],
    )
    rows = np.random.default_rng(2).standard_normal((8, 256)).astype(np.float32)
    model = formed(path, rows, ("batch", 256), ("batch", 256))

    assert run(model, tmp_path / "result").file.stat().st_size < 0.3 * path.stat().st_size


def test_the_layer_that_hurts_stays_in_floating_point(tmp_path: Path) -> None:
    model = perceptron(tmp_path, fragile=3)
    loose = ParityThresholds(cosine=0.99)

    quantized = run(model, tmp_path / "result", OnnxStaticInt8(prediction=Prediction.EMBEDDING, thresholds=loose))

    assert quantized.remark == f"1 of {LAYERS} layers kept in floating point"
    assert parity(model, quantized, loose).passed
    graph = onnx.load(quantized.file).graph
    names = {tensor.name for tensor in graph.initializer if tensor.data_type == FLOATS and len(tensor.dims) > 1}
    assert names == {"w3"}


def test_a_model_of_which_not_half_can_be_int8_is_given_up_with_the_number(tmp_path: Path) -> None:
    exact = OnnxStaticInt8(prediction=Prediction.EMBEDDING, thresholds=ParityThresholds(cosine=1.0))

    with pytest.raises(UnsupportedModel, match=r"^cosine 0\.99\d+ with 3 of 6 layers kept .*; 1 is asked for$"):
        run(perceptron(tmp_path, fragile=None), tmp_path / "result", exact)


def test_where_labels_decide_the_nearest_of_which_half_is_int8_is_given(tmp_path: Path) -> None:
    exact = OnnxStaticInt8(Prediction.EMBEDDING, ParityThresholds(cosine=1.0), gives_up=False)

    found = run(perceptron(tmp_path, fragile=None), tmp_path / "result", exact)

    assert found.remark == "3 of 6 layers kept in floating point"


def test_two_runs_write_the_same_bytes(convolution: FormedModel, tmp_path: Path) -> None:
    first, second = (run(convolution, tmp_path / name).file.read_bytes() for name in ("first", "second"))

    assert first == second


def test_a_model_without_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.onnx"
    write(path, [helper.make_node("Relu", ["input"], ["output"])], {}, ["batch", 4], ["batch", 4])
    model = formed(path, np.zeros((8, 4), np.float32), ("batch", 4), ("batch", 4))

    with pytest.raises(UnsupportedModel, match="no layer with weights to quantize"):
        run(model, tmp_path / "result")


def test_without_samples_nothing_can_be_calibrated(convolution: FormedModel, tmp_path: Path) -> None:
    bare = FormedModel(Form.ONNX, convolution.signature, path=convolution.path)

    with pytest.raises(UnsupportedModel, match="no sample inputs to calibrate on"):
        run(bare, tmp_path / "result")


def test_batches_come_back_in_order_and_as_they_were(tmp_path: Path) -> None:
    # Names of arguments of `numpy.savez`, and one that is no name at all.
    names = ("a", "file", "allow_pickle", "names", "args/0 é")
    batches = [{name: np.full((index + 1, 2), index, np.int64) for name in names} for index in range(12)]

    write_batches(tmp_path / "samples", batches)

    found = read_batches(tmp_path / "samples")
    assert len(found) == len(batches)
    for mine, other in zip(batches, found, strict=True):
        assert list(other) == list(names)
        assert all(mine[name].dtype == other[name].dtype and (mine[name] == other[name]).all() for name in names)
