"""Weights of a large ONNX model lie in a file beside it, through every pass, and answers are the same."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from optimizers import onnx_weights_file
from optimizers.goal import ParityThresholds
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


def answers(model: FormedModel) -> Any:
    opened = OpenVinoSession if model.form is Form.OPENVINO else OnnxRuntimeSession
    return opened(model.file, 1, {}).run(ROWS)["output"]


@pytest.mark.parametrize("item", GIVE_ONNX, ids=lambda item: item.name)
def test_weights_beside_the_graph_answer_as_those_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Pass
) -> None:
    inside = run(item, exported(tmp_path / "inside"), tmp_path / "inside/result")
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 0)
    beside = run(item, exported(tmp_path / "beside"), tmp_path / "beside/result")

    assert sorted(path.name for path in inside.file.parent.iterdir()) == ["model.onnx"]
    assert sorted(path.name for path in beside.file.parent.iterdir()) == ["model.onnx", "model.onnx.data"]
    assert beside.file.stat().st_size < inside.file.stat().st_size
    np.testing.assert_array_equal(answers(beside), answers(inside))


@pytest.mark.parametrize("item", [OpenVinoConversion(), OrtMobile()], ids=lambda item: item.name)
def test_other_formats_are_made_of_weights_beside_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Pass
) -> None:
    inside = run(item, exported(tmp_path / "inside"), tmp_path / "inside/result")
    monkeypatch.setattr(onnx_weights_file, "ONE_FILE_BYTES", 0)
    beside = run(item, exported(tmp_path / "beside"), tmp_path / "beside/result")

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
