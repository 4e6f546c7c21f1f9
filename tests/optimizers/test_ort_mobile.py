"""ORT's mobile format: answers alike in the full runtime, and says which operators a small build needs."""

from pathlib import Path

import numpy as np
import pytest

from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.ort_mobile import OPERATORS_FILE, OrtMobile
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature, TensorSpec
from tests.support.small_model import WIDTH, write_small_onnx

SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)


@pytest.fixture
def source(tmp_path: Path) -> FormedModel:
    write_small_onnx(tmp_path / "model.onnx")
    return FormedModel(Form.ONNX, SIGNATURE, path=tmp_path / "model.onnx")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "result").mkdir()
    return tmp_path / "result"


def test_it_answers_like_the_onnx_file(source: FormedModel, folder: Path) -> None:
    rows = {"input": np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)}

    result = OrtMobile().run(source, folder)

    assert result.form is Form.ORT
    # `ORTM` is the file identifier of its flatbuffers schema (onnxruntime/core/flatbuffers/schema/ort.fbs).
    assert result.file.read_bytes()[4:8] == b"ORTM"
    expected = OnnxRuntimeSession(source.file, 1, {}).run(rows)["output"]
    assert np.abs(OnnxRuntimeSession(result.file, 1, {}).run(rows)["output"] - expected).max() < 1e-5


def test_it_names_the_operators_and_types_that_a_small_build_needs(source: FormedModel, folder: Path) -> None:
    OrtMobile().run(source, folder)

    assert (folder / OPERATORS_FILE).read_text() == (
        'ai.onnx;13;MatMul{"inputs": {"0": ["float"]}},Tanh{"inputs": {"0": ["float"]}}\n'
    )


def test_nothing_else_is_written_and_the_source_stays(source: FormedModel, folder: Path) -> None:
    before = sorted(source.file.parent.iterdir())

    OrtMobile().run(source, folder)

    assert {path.name for path in folder.iterdir()} == {"model.ort", OPERATORS_FILE}
    assert sorted(source.file.parent.iterdir()) == before
