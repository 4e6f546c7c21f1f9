"""Artifacts for accelerators say what is missing where they cannot run, and what they are tied to travels with them."""

from pathlib import Path

import pytest

from optimizers.engine_tie import EngineTie
from optimizers.errors import ArtifactError
from optimizers.migraphx_session import MiGraphXSession
from optimizers.pass_job import ModelOnDisk
from optimizers.passes import Form, FormedModel
from optimizers.tensorrt_session import TensorRtSession
from tests.support.small_model import write_small_onnx
from tests.support.small_networks import small_convolution


def test_an_onnx_runtime_without_migraphx_says_what_to_install(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "model.onnx")

    with pytest.raises(ArtifactError, match="has no MIGraphXExecutionProvider; install AMD's `onnxruntime-migraphx`"):
        MiGraphXSession(tmp_path / "model.onnx", {"migraphx_fp16_enable": "1"})


def test_a_machine_without_tensorrt_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="TensorRT is not installed; run `uv pip install tensorrt`"):
        TensorRtSession(tmp_path / "model.plan")


def test_what_an_engine_is_tied_to_comes_back_from_the_process_that_built_it(tmp_path: Path) -> None:
    tie = EngineTie(architecture="sm_90", runtime_version="11.1.0")
    model = FormedModel(Form.TENSORRT, small_convolution().signature, path=tmp_path / "model.plan", engine=tie)

    told = ModelOnDisk.model_validate_json(ModelOnDisk.of(model).model_dump_json())

    assert told.formed().engine == tie
