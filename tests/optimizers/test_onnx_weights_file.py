"""Weights of a large ONNX model lie in a file beside it, through every pass, and answers are the same."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from optimizers import onnx_weights_file
from optimizers.goal import ParityThresholds
from optimizers.onnx_cleaning import load_graph, save_clean
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_int4 import OnnxInt4
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.openvino_session import OpenVinoSession
from optimizers.ort_mobile import OrtMobile
from optimizers.passes import Form, FormedModel, Pass
from optimizers.sample_batches import write_batches
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction
from tests.support.small_model import WIDTH, write_small_onnx

SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)
ROWS = {"input": np.random.default_rng(3).standard_normal((8, WIDTH), dtype=np.float32)}
STATIC = OnnxStaticInt8(Prediction.NUMERIC, ParityThresholds(max_error=0.1))
GIVE_ONNX: tuple[Pass, ...] = (OnnxGraphOptimization(), OnnxDynamicInt8(), STATIC, OnnxFp16(), OnnxInt4())


def exported(folder: Path) -> FormedModel:
    """Return the small model as the first pass leaves it, with samples."""
    folder.mkdir()
    write_small_onnx(folder / "small.onnx")
    return run(OnnxExport(), FormedModel(Form.ONNX, SIGNATURE, path=folder / "small.onnx"), folder / "exported")


def run(item: Pass, model: FormedModel, folder: Path) -> FormedModel:
    folder.mkdir()
    samples = folder.with_name(f"{folder.name}-samples")
    write_batches(samples, [ROWS])
    given = FormedModel(model.form, model.signature, path=model.path, samples=samples)
    return item.run(given, folder)


def in_both_ways(item: Pass, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FormedModel, FormedModel]:
    """Return what a pass gives where weights are inside the graph, and where they are beside it."""
    inside = run(item, exported(folder / "inside"), folder / "inside/result")
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 0)
    return inside, run(item, exported(folder / "beside"), folder / "beside/result")


def answers(model: FormedModel) -> Any:
    opened = OpenVinoSession if model.form is Form.OPENVINO else OnnxRuntimeSession
    return opened(model.file, 1, {}).run(ROWS)["output"]


@pytest.mark.parametrize("item", GIVE_ONNX, ids=lambda item: item.name)
def test_weights_beside_the_graph_answer_as_those_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Pass
) -> None:
    inside, beside = in_both_ways(item, tmp_path, monkeypatch)

    assert sorted(path.name for path in inside.file.parent.iterdir()) == ["model.onnx"]
    assert sorted(path.name for path in beside.file.parent.iterdir()) == ["model.onnx", "model.onnx.data"]
    assert beside.file.stat().st_size < inside.file.stat().st_size
    np.testing.assert_array_equal(answers(beside), answers(inside))


@pytest.mark.parametrize("item", [OpenVinoConversion(), OrtMobile()], ids=lambda item: item.name)
def test_other_formats_are_made_of_weights_beside_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Pass
) -> None:
    inside, beside = in_both_ways(item, tmp_path, monkeypatch)

    np.testing.assert_array_equal(answers(beside), answers(inside))


def test_the_same_model_gives_the_same_bytes_wherever_its_weights_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = exported(tmp_path / "one")
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 0)
    two = exported(tmp_path / "two")
    again = run(OnnxExport(), two, tmp_path / "again")

    assert [path.read_bytes() for path in sorted(again.file.parent.iterdir())] == [
        path.read_bytes() for path in sorted(two.file.parent.iterdir())
    ]
    monkeypatch.undo()
    np.testing.assert_array_equal(answers(run(OnnxExport(), two, tmp_path / "back")), answers(one))


def test_scales_and_shapes_stay_in_the_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 0)
    found = run(OnnxDynamicInt8(), exported(tmp_path / "beside"), tmp_path / "beside/result")

    graph = onnx.load(found.file, load_external_data=False).graph
    outside = {tensor.name for tensor in graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL}
    assert {name for name in outside if "scale" in name or "zero_point" in name} == set()
    assert len(outside) == 3


@pytest.mark.parametrize("is_output", [False, True])
def test_weights_of_constants_go_into_the_file_wherever_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_output: bool
) -> None:
    weights = np.random.default_rng(1).standard_normal((WIDTH, WIDTH), dtype=np.float32)
    constant = helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(weights, "w"))
    product = helper.make_node("MatMul", ["input", "w"], ["output"])
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", WIDTH])]
    if is_output:
        outputs.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [WIDTH, WIDTH]))
    rows = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", WIDTH])]
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(
        helper.make_graph([constant, product], "g", rows, outputs), opset_imports=opset, ir_version=9
    )
    original, saved = tmp_path / "original", tmp_path / "saved"
    original.mkdir()
    saved.mkdir()
    onnx.save(
        model, original / "model.onnx", save_as_external_data=True, convert_attribute=True, location="model.onnx.data",
        size_threshold=0,
    )  # fmt: skip
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 100)

    save_clean(load_graph(original / "model.onnx"), saved / "model.onnx", original)
    (original / "model.onnx.data").unlink()

    expected = ROWS["input"] @ weights
    np.testing.assert_allclose(OnnxRuntimeSession(saved / "model.onnx", 1, {}).run(ROWS)["output"], expected, rtol=1e-4)
    assert ((saved / "model.onnx.data").stat().st_size > 0) is not is_output


def test_weights_in_the_branches_of_a_graph_count_and_go_into_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = np.random.default_rng(1).standard_normal((WIDTH, WIDTH), dtype=np.float32)
    given = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", WIDTH])]
    taken = [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", WIDTH])]
    branches = {
        name: helper.make_graph(
            [helper.make_node("MatMul", ["input", name], [f"{name}.product"])],
            name,
            [],
            [helper.make_tensor_value_info(f"{name}.product", TensorProto.FLOAT, ["batch", WIDTH])],
            [numpy_helper.from_array(weights * factor, name)],
        )
        for name, factor in (("first", 1), ("second", 2))
    }
    truth = numpy_helper.from_array(np.array(True), "truth")
    chooses = helper.make_node(
        "If", ["truth"], ["output"], then_branch=branches["second"], else_branch=branches["first"]
    )
    graph = helper.make_graph([chooses], "g", given, taken, [truth])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 100)

    save_clean(model, tmp_path / "model.onnx")

    assert (tmp_path / "model.onnx.data").stat().st_size >= 2 * weights.nbytes
    np.testing.assert_allclose(
        OnnxRuntimeSession(tmp_path / "model.onnx", 1, {}).run(ROWS)["output"], ROWS["input"] @ (2 * weights), rtol=1e-4
    )
