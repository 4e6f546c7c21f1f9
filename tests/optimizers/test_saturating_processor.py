"""Processors that cut sums of INT8 products off at 16 bits get weights of 7 bits, from every pass that quantizes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from optimizers.goal import ParityThresholds
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.openvino_int8 import OpenVinoInt8
from optimizers.passes import Form, FormedModel, Pass
from optimizers.sample_batches import write_batches
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction
from tests.support.locked_model import hardware
from tests.support.small_model import WIDTH, write_small_onnx

SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)
LOOSE = ParityThresholds(max_error=10.0)
EIGHT_BITS, SEVEN_BITS = 127, 64


@pytest.mark.parametrize(
    ("architecture", "features", "saturates"),
    [
        ("x86_64", ("avx2",), True),
        ("AMD64", ("avx2", "avx512f"), True),
        ("x86_64", ("avx2", "avx512_vnni", "avx512f"), False),
        ("x86_64", ("avx2", "avx_vnni"), False),
        ("x86_64", ("amx_int8", "amx_tile"), False),
        ("aarch64", ("asimd",), False),
    ],
)
def test_x86_without_dot_products_of_int8_cuts_sums_off(
    architecture: str, features: tuple[str, ...], saturates: bool
) -> None:
    machine = hardware().model_copy(update={"architecture": architecture, "cpu_features": features})

    assert machine.saturates_int8 is saturates


def small(folder: Path) -> FormedModel:
    """The small model, with samples."""
    write_small_onnx(folder / "small.onnx")
    rows = np.random.default_rng(3).standard_normal((8, WIDTH), dtype=np.float32)
    write_batches(folder / "samples", [{"input": rows}])
    return FormedModel(Form.ONNX, SIGNATURE, path=folder / "small.onnx", samples=folder / "samples")


def largest_weight(model: FormedModel) -> int:
    """The largest value of the integer weights of a file."""
    if model.form is Form.OPENVINO:
        import openvino

        nodes = openvino.Core().read_model(model.file).get_ops()
        integers = [node.get_data() for node in nodes if node.get_element_type() == openvino.Type.i8]
    else:
        graph = onnx.load(model.file).graph
        integers = [numpy_helper.to_array(item) for item in graph.initializer if item.data_type == TensorProto.INT8]
    return max(int(np.abs(values.astype(int)).max()) for values in integers)


@pytest.mark.parametrize(
    "item",
    [
        OnnxDynamicInt8(),
        OnnxStaticInt8(Prediction.NUMERIC, LOOSE),
        OpenVinoInt8(Prediction.NUMERIC, LOOSE),
    ],
    ids=["onnx-dynamic", "onnx-static", "openvino"],
)
@pytest.mark.parametrize(
    ("features", "largest"), [(("avx2",), SEVEN_BITS), (("avx2", "avx512_vnni"), EIGHT_BITS)], ids=["cuts off", "exact"]
)
def test_weights_have_the_bits_that_the_processor_adds_up_exactly(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    item: Pass,
    features: tuple[str, ...],
    largest: int,
) -> None:
    machine = hardware().model_copy(update={"cpu_features": features})
    monkeypatch.setattr(f"{type(item).__module__}.detect", lambda: machine)
    model = small(tmp_path)
    if Form.OPENVINO in item.needs:
        (tmp_path / "converted").mkdir()
        converted = OpenVinoConversion().run(model, tmp_path / "converted")
        model = FormedModel(Form.OPENVINO, SIGNATURE, path=converted.file, samples=model.samples)
    (tmp_path / "result").mkdir()

    assert abs(largest_weight(item.run(model, tmp_path / "result")) - largest) <= 1


def test_what_gpus_compute_has_all_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizers.onnx_static_int8.detect", hardware)
    model = small(tmp_path)
    (tmp_path / "result").mkdir()

    found = OnnxStaticInt8(Prediction.NUMERIC, LOOSE, symmetric=True).run(model, tmp_path / "result")

    weights = [item for item in onnx.load(found.file).graph.initializer if item.dims == [WIDTH, WIDTH]]
    assert hardware().saturates_int8
    assert weights
    nodes = {node.output[0]: node for node in onnx.load(found.file).graph.node}
    scales = {item.name: numpy_helper.to_array(item) for item in onnx.load(found.file).graph.initializer}
    for item in weights:
        rounding = next(node for node in nodes.values() if node.input[0] == item.name)
        largest = np.abs(numpy_helper.to_array(item)).max(axis=0) / scales[rounding.input[1]]
        assert np.allclose(largest, EIGHT_BITS, atol=1)
