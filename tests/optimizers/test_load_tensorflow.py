"""TensorFlow and Keras models are read by their signature, and what reaches past tensors is refused before it runs."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from optimizers.errors import UnsupportedModel
from optimizers.keras_archive import check_keras

pytestmark = pytest.mark.integration


def python(module: str, *arguments: str, folder: Path) -> str:
    command = [sys.executable, "-m", module, *arguments]
    found = [str(Path(__file__).parents[2]), *sys.path]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, found)), "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensorflow")
    python("tests.support.tensorflow_models", str(folder), folder=folder)
    (folder / "empty").mkdir()
    (folder / "empty" / "assets").mkdir()
    shutil.copytree(folder / "digits", folder / "damaged")
    (folder / "damaged" / "saved_model.pb").write_bytes(b"\xff" * 100)
    shutil.copytree(folder / "digits", folder / "unread")
    (folder / "unread" / "variables" / "variables.index").write_bytes(b"x")
    (folder / "digits.h5").write_bytes(b"x")
    (folder / "digits.bin").write_bytes(b"x")
    return folder


@pytest.fixture(scope="module")
def reports(models: Path) -> dict[str, Any]:
    paths = sorted(str(path) for path in models.iterdir())
    printed = python("tests.support.original_reports", "tensorflow", *paths, folder=models).splitlines()[-1]
    return {Path(path).name: found for path, found in json.loads(printed).items()}


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        (
            "digits",
            {"image": ["float32", "batch", 8, 8, 1]},
            {"output_0": ["float32", "batch", 3]},
        ),
        ("digits.keras", {"image": ["float32", "batch", 8, 8, 1]}, {"scores": ["float32", "batch", 3]}),
        (
            "two.keras",
            {"left": ["float32", "batch", 4], "right": ["float32", "batch", 3]},
            {"total": ["float32", "batch", 3], "two": ["float32", "batch", 2]},
        ),
        ("reversed", {"x": ["float32", "batch", "x_axis_1", 3]}, {"y": ["float32", "batch", "x_axis_1", 3]}),
    ],
)
def test_the_signature_is_read_and_onnx_answers_alike(
    reports: dict[str, Any], name: str, inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    found = reports[name]

    assert found["inputs"] == inputs
    assert found["outputs"] == outputs
    assert found["difference"] < 1e-5


def test_a_sequential_model_has_the_name_of_its_last_layer(reports: dict[str, Any]) -> None:
    assert list(reports["sequential.keras"]["outputs"]) == ["only"]
    assert reports["sequential.keras"]["difference"] < 1e-5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("writes", "has the operator `WriteFile`, which is none of those that compute with tensors alone; export"),
        ("dataset", "has the operator `DatasetFromGraph`"),
        ("saves", "has the operator `SaveV2`"),
        ("python", "has the operator `EagerPyFunc`"),
        ("fixed", "`x` has a batch axis of size 5; export the model with `None` as its first axis"),
        ("text", "`x` holds text"),
        ("empty", "has no saved_model.pb; give the folder of"),
        ("damaged", "saved_model.pb: damaged"),
        ("unread", "damaged or not in the expected format"),
        ("lambda.keras", "has `keras.layers.Lambda`, which is code"),
        ("digits.h5", '`keras.models.load_model("digits.h5").save("digits.keras")`'),
        ("digits.bin", "is no TensorFlow model; give a SavedModel folder"),
    ],
)
def test_what_cannot_or_must_not_be_loaded_is_refused_with_what_to_do(
    models: Path, reports: dict[str, Any], name: str, words: str
) -> None:
    assert words in reports[name]["error"]
    assert not list(models.glob("written*"))


@pytest.mark.parametrize("name", ["images", "recurrent", "attention", "table"])
def test_models_of_usual_layers_are_loaded(reports: dict[str, Any], name: str) -> None:
    assert reports[name].get("error") is None
    assert reports[name]["outputs"]


def test_an_operator_without_an_onnx_counterpart_is_named(reports: dict[str, Any]) -> None:
    words = reports["spectrum"]["difference"]

    assert "no ONNX counterpart of" in words
    assert "`FFT3D`" in words
    assert "it has FFT, RFFT2D, RFFT" in words


def test_weights_that_tensorflow_cannot_hand_over_are_refused_with_their_size(models: Path) -> None:
    program = """
import pathlib
from optimizers import tensorflow_to_onnx
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.vocabulary import ModelFormat
tensorflow_to_onnx.MOST_WEIGHTS_BYTES = 0
for name in ("digits", "digits.keras"):
    path = pathlib.Path(name)
    model = load_original(ModelSource(location=name, path=path, model_format=ModelFormat.TENSORFLOW), 1).model
    try:
        tensorflow_to_onnx.TensorFlowToOnnx().run(model, pathlib.Path())
    except UnsupportedModel as error:
        print(error)
"""
    (models / "small_limit.py").write_text(program)
    printed = python("small_limit", folder=models).splitlines()
    (models / "small_limit.py").unlink()

    said = (
        "the weights are 0.0 GiB; TensorFlow hands over at most 0 GiB; convert the model to ONNX yourself and give that"
    )
    assert printed[-2:] == [said, said]


def test_no_operator_with_a_path_an_address_or_a_graph_is_allowed(models: Path) -> None:
    # Arguments with these names are paths, addresses and callbacks in TensorFlow 2.21; a newer one may bring operators.
    program = """
import re
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from optimizers.tensorflow_operators import computing
known = op_def_pb2.OpList.FromString(bytes(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())))
reaching = re.compile(r"filenames?|(ckpt_|snapshot_|log_dir_|output_file_)?path|(server_)?address|logdir|debug_urls|"
                      r"output_stream|shard_dir|chunk_file|file_pattern|vocab_file|memory_region_name|graph_def|token|"
                      r"descriptor_source|module")
found = {op.name for op in known.op if any(reaching.fullmatch(item.name) for item in (*op.input_arg, *op.attr))}
print("reaching", "WriteFile" in found, sorted(found & computing()))
print("unknown", sorted(computing() - {op.name for op in known.op}))
"""
    (models / "operators_of_tensorflow.py").write_text(program)
    printed = python("operators_of_tensorflow", folder=models).splitlines()
    (models / "operators_of_tensorflow.py").unlink()

    assert printed[-2:] == ["reaching True []", "unknown []"]


def keras_file(path: Path, config: object, **entries: bytes) -> Path:
    weights = path.with_suffix(".h5")
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.ones(3)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


PLAIN = {"module": "keras", "class_name": "Sequential", "config": {"layers": []}}


@pytest.mark.parametrize(
    "layer",
    [
        {"module": "os", "class_name": "system"},
        {"module": "keras.layers", "class_name": "TFSMLayer"},
        {"module": "keras.src.saving", "class_name": "__lambda__"},
        {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
        {"module": None, "class_name": "TorchModuleWrapper"},
        {"module": "keras", "class_name": "layers.Lambda"},
    ],
)
def test_a_keras_layer_that_is_code_is_refused_wherever_it_hangs(tmp_path: Path, layer: dict[str, Any]) -> None:
    path = keras_file(tmp_path / "m.keras", {**PLAIN, "config": {"layers": [{"deep": layer}]}})

    with pytest.raises(UnsupportedModel, match=f"{layer['class_name']}`, which is code or reads other files"):
        check_keras(path)


def test_a_plain_keras_file_is_accepted(tmp_path: Path) -> None:
    check_keras(keras_file(tmp_path / "m.keras", PLAIN))


def test_a_keras_file_with_more_than_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"holds `\.\./escape`"):
        check_keras(keras_file(tmp_path / "m.keras", PLAIN, **{"../escape": b"x"}))


@pytest.mark.parametrize("kind", ["link", "dataset"])
def test_keras_weights_in_another_file_are_refused(tmp_path: Path, kind: str) -> None:
    path = keras_file(tmp_path / "m.keras", PLAIN)
    weights = tmp_path / "other.h5"
    with h5py.File(weights, "w") as file:
        if kind == "link":
            file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
        else:
            file.create_dataset("layers", (4,), "u1", external=[("/etc/passwd", 0, 4)])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(PLAIN))
        archive.write(weights, "model.weights.h5")

    with pytest.raises(UnsupportedModel, match="its weights"):
        check_keras(path)


@pytest.mark.parametrize("content", [b"x", b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_keras_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(content)

    with pytest.raises(UnsupportedModel, match="damaged"):
        check_keras(path)
