"""The model of an existing Triton repository is found, loaded and answers under the names of its configuration."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.signature import TensorSpec
from optimizers.source_facts import facts_of
from optimizers.triton_repository import find_model
from optimizers.vocabulary import ModelFormat
from tests.support.small_model import WIDTH, write_small_onnx

ONNX_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [{ name: "input" data_type: TYPE_FP32 dims: [ 64 ] }]
output [{ name: "output" data_type: TYPE_FP32 dims: [ -1 ] }]
"""
SCRIPT_CONFIG = """
backend: "pytorch"
max_batch_size: 0
input [{ name: "INPUT__0" data_type: TYPE_FP32 dims: [ -1, 3 ] }, { name: "INPUT__1" data_type: TYPE_FP32 dims: [ -1, 3 ] }]
output [{ name: "SUM" data_type: TYPE_FP32 dims: [ -1, 3 ] }, { name: "DOUBLE" data_type: TYPE_FP32 dims: [ -1, 3 ] }]
"""


class Two(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Two inputs, two outputs."""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x + y, x * 2


def repository(
    folder: Path, name: str = "small", config: str = ONNX_CONFIG, versions: tuple[str, ...] = ("1",)
) -> Path:
    model = folder / name
    for version in versions:
        (model / version).mkdir(parents=True)
        write_small_onnx(model / version / "model.onnx", seed=int(version))
    (model / "config.pbtxt").write_text(config)
    return folder


def source(path: Path) -> ModelSource:
    return ModelSource(location="repository", path=path, model_format=ModelFormat.TRITON)


def test_the_newest_version_answers(tmp_path: Path) -> None:
    path = repository(tmp_path / "triton", versions=("2", "10", "9"))
    expected = tmp_path / "expected.onnx"
    write_small_onnx(expected, seed=10)
    rows = {"input": np.linspace(-1, 1, 2 * WIDTH, dtype=np.float32).reshape(2, WIDTH)}

    found = load_original(source(path), 1).session.run(rows)
    alone = load_original(ModelSource(location="m", path=expected, model_format=ModelFormat.ONNX), 1).session.run(rows)

    assert np.array_equal(found["output"], alone["output"])


def test_a_version_policy_decides_which_version_that_is(tmp_path: Path) -> None:
    policy = "version_policy { specific { versions: [ 1, 2 ] } }"
    path = repository(tmp_path, config=f"{ONNX_CONFIG}{policy}", versions=("1", "2", "3"))

    assert find_model(path).file.parent.name == "2"


def test_the_folder_of_the_model_itself_may_be_given(tmp_path: Path) -> None:
    assert find_model(repository(tmp_path) / "small").file == tmp_path / "small" / "1" / "model.onnx"


def test_max_batch_size_adds_the_batch_axis_and_sizes_of_the_configuration_count(tmp_path: Path) -> None:
    signature = load_original(source(repository(tmp_path)), 1).model.signature

    assert signature.inputs == (TensorSpec(name="input", shape=("batch", 64)),)
    assert signature.outputs == (TensorSpec(name="output", shape=("batch", 64)),)


def test_torchscript_gets_the_names_of_the_configuration(tmp_path: Path) -> None:
    version = tmp_path / "two" / "1"
    version.mkdir(parents=True)
    example = (torch.ones(2, 3), torch.ones(2, 3))
    with pytest.warns(FutureWarning):
        torch.jit.save(torch.jit.trace(Two(), example), version / "model.pt")
    (tmp_path / "two" / "config.pbtxt").write_text(SCRIPT_CONFIG)

    original = load_original(source(tmp_path), 1)
    rows = {"INPUT__0": np.ones((4, 3), np.float32), "INPUT__1": np.full((4, 3), 2, np.float32)}
    found = original.session.run(rows)

    assert [spec.name for spec in original.model.signature.outputs] == ["SUM", "DOUBLE"]
    assert found["SUM"][0, 0] == 3
    assert found["DOUBLE"][0, 0] == 2


def test_inputs_that_the_configuration_leaves_out_are_those_of_the_spec(tmp_path: Path) -> None:
    version = tmp_path / "two" / "1"
    version.mkdir(parents=True)
    with pytest.warns(FutureWarning):
        torch.jit.save(torch.jit.trace(Two(), (torch.ones(2, 3), torch.ones(2, 3))), version / "model.pt")
    without = "\n".join(line for line in SCRIPT_CONFIG.splitlines() if not line.startswith("input"))
    (tmp_path / "two" / "config.pbtxt").write_text(without)
    inputs = tuple(TensorSpec(name=name, shape=("batch", 3)) for name in ("left", "right"))

    original = load_original(source(tmp_path).model_copy(update={"inputs": inputs}), 1)

    assert original.model.signature.inputs == inputs


def test_the_facts_are_those_of_the_model_that_is_stored(tmp_path: Path) -> None:
    facts = facts_of(source(repository(tmp_path)))

    assert facts.model_format is ModelFormat.ONNX


def test_several_models_are_named_with_what_to_type(tmp_path: Path) -> None:
    repository(tmp_path)
    repository(tmp_path, name="other")

    with pytest.raises(
        UnsupportedModel, match=rf"has 2 models \(other, small\).* set `model.path` to `{tmp_path}/other`"
    ):
        find_model(tmp_path)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('backend: "python"', "its backend is `python`; read are onnxruntime, "),
        ('platform: "tensorrt_plan"', "give the model that it was made from"),
        ("max_batch_size: 4", "its backend is `not set`"),
        ("input [", r"config\.pbtxt: damaged"),
        (ONNX_CONFIG.replace("64", "63"), r"as float32 of the shape \(batch, 63\), the model as float32 of the shape \(batch, 64\)"),
        (ONNX_CONFIG.replace("TYPE_FP32", "TYPE_FP16"), "has `input` as float16"),
        (ONNX_CONFIG.replace("TYPE_FP32", "TYPE_STRING"), "holds TYPE_STRING"),
        (ONNX_CONFIG.replace('"input"', '"pixels"'), "has the input `pixels`, the model has input"),
        (ONNX_CONFIG.replace("max_batch_size: 8", ""), r"has the dims \[64\] while `max_batch_size` is 0"),
        (f'{ONNX_CONFIG} default_model_filename: "../../other.onnx"', "it is a name in the version's folder"),
        (f'{ONNX_CONFIG} default_model_filename: "other.onnx"', r"other\.onnx: is missing"),
        (f"{ONNX_CONFIG} version_policy {{ specific {{ versions: [ 7 ] }} }}", r"has the versions \[1\], and `version_policy`"),
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_is_refused_with_what_to_do(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        load_original(source(repository(tmp_path, config=config)), 1)


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    shutil.copytree(repository(tmp_path / "triton") / "small" / "1", tmp_path / "plain")

    with pytest.raises(UnsupportedModel, match=r"has no config\.pbtxt, nor has a folder in it"):
        find_model(tmp_path / "plain")
