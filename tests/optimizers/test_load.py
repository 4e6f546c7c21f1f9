"""Models are loaded from files that nobody has to trust."""

import contextlib
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from optimizers.errors import MissingExtra, ServingError, UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.onnx_external_data import model_sha256
from optimizers.original import Original, load_original
from optimizers.signature import TensorSpec
from optimizers.vocabulary import ModelFormat
from tests.support.small_model import WIDTH, write_small_onnx

INPUTS = (TensorSpec(name="x", shape=("batch", 4)),)
ARCHITECTURE = "torch.nn:Identity"


class Net(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Four numbers to two."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer = torch.nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layer(x)
        return result


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.touched}",)


def failing_factory() -> torch.nn.Module:
    raise ZeroDivisionError("no such luck")


def source(path: Path, model_format: ModelFormat = ModelFormat.PYTORCH, architecture: str | None = None) -> ModelSource:
    return ModelSource(
        location=path.name,
        path=path,
        model_format=model_format,
        architecture=architecture or f"{__name__}:Net",
        inputs=INPUTS,
    )


def answer(original: Original, name: str = "x", width: int = 4) -> Any:
    rows = np.linspace(-1, 1, 2 * width, dtype=np.float32).reshape(2, width)
    (values,) = original.session.run({name: rows}).values()
    return values


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    save_file(Net().state_dict(), path)
    return path


def test_weights_are_loaded_into_their_architecture(weights: Path) -> None:
    rows = torch.linspace(-1, 1, 8).reshape(2, 4)

    assert np.allclose(answer(load_original(source(weights), 1)), Net()(rows).detach().numpy())


def test_a_state_dict_gives_the_same_answers_as_safetensors(weights: Path) -> None:
    path = weights.with_name("weights.pt")
    torch.save(Net().state_dict(), path)

    assert np.array_equal(answer(load_original(source(path), 1)), answer(load_original(source(weights), 1)))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning", "ignore:.*torch.jit:FutureWarning")
def test_torchscript_gives_the_same_answers(weights: Path) -> None:
    path = weights.with_name("scripted.pt")
    torch.jit.save(torch.jit.trace(Net(), torch.zeros(1, 4)), path)

    scripted = load_original(source(path, ModelFormat.TORCHSCRIPT), 1)

    assert np.allclose(answer(scripted), answer(load_original(source(weights), 1)))


def test_onnx_is_loaded_with_its_signature(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    write_small_onnx(path)

    original = load_original(source(path, ModelFormat.ONNX), 1)

    assert original.model.signature.inputs == (TensorSpec(name="input", shape=("batch", WIDTH)),)
    assert answer(original, "input", WIDTH).shape == (2, WIDTH)


def refused(model: ModelSource) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(UnsupportedModel) as caught:
        load_original(model, 1)
    said = str(caught.value)
    assert ";" in said, "a refusal ends with what to do"
    return said


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    path = tmp_path / "evil.pt"
    path.write_bytes(pickle.dumps(Evil(touched)))

    assert "code" in refused(source(path))
    assert not touched.exists()


def test_a_saved_module_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "module.pt"
    torch.save(Net(), path)

    assert "save the state dict" in refused(source(path))


def test_a_state_dict_with_more_than_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"epoch": 3, "weights": Net().state_dict()}, path)

    assert "save `model.state_dict()` alone" in refused(source(path))


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        ("torch.nn:Identity", "do not fit"),
        (
            "no_such_package:Net",
            "No module named 'no_such_package'; modules are looked up in the environment that runs",
        ),
        ("no_such_package.nets:Net", "add its folder to PYTHONPATH"),
        ("torch.no_such_module:Net", "add its folder to PYTHONPATH"),
        ("torch.nn:NoSuchModule", "`torch.nn` has no `NoSuchModule`; correct the part after the colon"),
        ("builtins:dict", "returns dict"),
        (f"{__name__}:failing_factory", "ZeroDivisionError: no such luck"),
    ],
)
def test_an_architecture_that_does_not_work_is_named(weights: Path, architecture: str, said: str) -> None:
    assert said in refused(source(weights, architecture=architecture))


def test_safetensors_without_its_library_asks_for_the_library(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)

    with pytest.raises(MissingExtra, match="run `uv sync --extra torch`"):
        load_original(source(weights), 1)


def test_an_architecture_that_misses_a_library_of_its_own_is_not_called_missing(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)

    said = refused(source(weights, architecture="needs_more:Net"))

    assert "importing it fails (ModuleNotFoundError: No module named 'no_such_library')" in said


def without(field: str, path: Path) -> ModelSource:
    """Return a source with everything but one field that files of weights need."""
    return source(path).model_copy(update={field: None if field == "architecture" else ()})


@pytest.mark.parametrize("field", ["architecture", "inputs"])
def test_weights_alone_ask_for_what_they_cannot_tell(weights: Path, field: str) -> None:
    assert f"holds weights only; set `model.{field}`" in refused(without(field, weights))


@pytest.mark.parametrize("field", ["architecture", "inputs"])
def test_pickled_code_is_named_before_anything_else_is_asked_for(tmp_path: Path, field: str) -> None:
    touched = tmp_path / "touched"
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil(touched)))
    torch.save(Net(), tmp_path / "module.pt")
    torch.save({"module": Evil(touched)}, tmp_path / "zipped.pt")

    for name in ("evil.pt", "module.pt", "zipped.pt"):
        assert "pickled code or a whole module" in refused(without(field, tmp_path / name))
    assert not touched.exists()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning", "ignore:.*torch.jit:FutureWarning")
def test_torchscript_in_place_of_weights_is_named_without_a_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "scripted.pt"
    torch.jit.save(torch.jit.trace(Net(), torch.zeros(1, 4)), path)
    recwarn.clear()

    assert "set `model_format` to torchscript" in refused(without("architecture", path))
    assert not recwarn.list


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".onnx"])
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"not a model", bytes(range(256)) * 40])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    model_format = ModelFormat.ONNX if suffix == ".onnx" else ModelFormat.PYTORCH

    assert str(path) in refused(source(path, model_format))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["safetensors", "pt", "onnx"])
def test_a_truncated_model_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / f"model.{kind}"
    if kind == "onnx":
        write_small_onnx(path)
    elif kind == "pt":
        torch.save(Net().state_dict(), path)
    else:
        save_file(Net().state_dict(), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    refused(source(path, ModelFormat.ONNX if kind == "onnx" else ModelFormat.PYTORCH))


@settings(max_examples=60)
@given(
    place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), kind=st.sampled_from(["safetensors", "onnx"])
)
def test_a_damaged_byte_never_ends_in_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, place: float, value: int, kind: str
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"model.{kind}"
    if kind == "onnx":
        write_small_onnx(path)
    else:
        save_file(Net().state_dict(), path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = value
    path.write_bytes(content)

    with contextlib.suppress(ServingError):
        load_original(source(path, ModelFormat.ONNX if kind == "onnx" else ModelFormat.PYTORCH), 1)


def with_external_data(folder: Path, location: str, offset: str = "0", length: str = "") -> Path:
    path = folder / "model.onnx"
    write_small_onnx(path)
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    raw = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length or str(len(raw)))):
        tensor.external_data.append(onnx.StringStringEntryProto(key=key, value=value))
    (folder / "weights.bin").write_bytes(raw)
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_in_the_models_folder_is_loaded(tmp_path: Path) -> None:
    path = with_external_data(tmp_path, "weights.bin")
    plain = tmp_path / "plain.onnx"
    write_small_onnx(plain)

    found, expected = (
        answer(load_original(source(item, ModelFormat.ONNX), 1), "input", WIDTH) for item in (path, plain)
    )

    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("location", "offset", "length"),
    [
        ("/etc/hostname", "0", ""),
        ("../weights.bin", "0", ""),
        ("sub/../../weights.bin", "0", ""),
        ("missing.bin", "0", ""),
        ("link.bin", "0", ""),
        ("hard.bin", "0", ""),
        ("weights.bin", "4", ""),
        ("weights.bin", "0", "99999999"),
        ("weights.bin", "-4", "8"),
        ("weights.bin", "four", ""),
        ("weights.bin", "0", "many"),
        ("", "0", ""),
        ("w" * 256, "0", ""),
        ("é" * 128 + "/weights.bin", "0", ""),
        ("weights\0.bin", "0", ""),
    ],
)
def test_external_data_elsewhere_or_out_of_range_is_refused(
    tmp_path: Path, location: str, offset: str, length: str
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "weights.bin").write_bytes(b"\0" * 100_000)
    path = with_external_data(folder, location, offset, length)
    (folder / "link.bin").symlink_to(tmp_path / "weights.bin")
    os.link(tmp_path / "weights.bin", folder / "hard.bin")

    refused(source(path, ModelFormat.ONNX))
    assert len(model_sha256(path)) == 64


def header(shape: str = "[2,4]", dtype: str = "F32", end: int = 32) -> bytes:
    """Return a safetensors file with one tensor and 32 bytes of data."""
    text = f'{{"layer.weight":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{end}]}}}}'.encode()
    return len(text).to_bytes(8, "little") + text + b"\0" * 32


@pytest.mark.parametrize(
    "content",
    [
        (2**63).to_bytes(8, "little") + b"{}",
        (2**64 - 1).to_bytes(8, "little") + b"{}",
        (10**9).to_bytes(8, "little") + b"{}",
        (0).to_bytes(8, "little"),
        (2).to_bytes(8, "little") + b"[]",
        (2).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"\xff\xff",
        header(end=64),
        header(shape="[2,5]"),
        header(shape=f"[{2**63},4]"),
        header(shape="[-1,4]"),
        header(dtype="U64", shape="[1,4]"),
        header(dtype="F8_E8M0", shape="[8,4]"),
        header(dtype="NONSENSE"),
        header(),
    ],
)
def test_a_safetensors_file_with_an_impossible_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)

    assert str(path) in refused(source(path))


@pytest.mark.parametrize(
    ("name", "model_format"),
    [
        ("weights.safetensors", ModelFormat.PYTORCH),
        ("weights.pt", ModelFormat.PYTORCH),
        ("scripted.pt", ModelFormat.TORCHSCRIPT),
        ("model.onnx", ModelFormat.ONNX),
    ],
)
def test_a_folder_where_a_file_is_expected_is_refused(tmp_path: Path, name: str, model_format: ModelFormat) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"x")

    assert str(folder) in refused(source(folder, model_format))


def test_a_torchscript_folder_is_called_a_folder(tmp_path: Path) -> None:
    (tmp_path / "scripted.pt" / "code").mkdir(parents=True)

    assert "is a folder, one file is needed" in refused(source(tmp_path / "scripted.pt", ModelFormat.TORCHSCRIPT))


def test_an_onnx_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").mkdir()

    assert "got 0 .onnx files" in refused(source(tmp_path, ModelFormat.ONNX))


@pytest.mark.parametrize(
    ("dtype", "shape", "said"),
    [
        ("float99", ("batch", 4), "`model.inputs`: `x` has the dtype `float99`"),
        ("str", ("batch", 4), "`model.inputs`: `x` has the dtype `str`"),
        ("float32", ("batch", -4), "`model.inputs`: `x` has the shape (batch, -4)"),
        ("float32", ("batch", 0), "`model.inputs`: `x` has the shape (batch, 0)"),
        ("float32", (2, 4), "`model.inputs`: `x` has the shape (2, 4)"),
    ],
)
def test_declared_inputs_that_no_array_can_have_are_refused(
    weights: Path, dtype: str, shape: tuple[int | str, ...], said: str
) -> None:
    inputs = (TensorSpec(name="x", dtype=dtype, shape=shape),)

    assert said in refused(source(weights).model_copy(update={"inputs": inputs}))
