"""LiteRT: the file has the asked number formats, takes any batch, and answers like the model that it was made of."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizers.errors import ArtifactError, UnsupportedModel
from optimizers.litert_convert import one_row_at_a_time
from optimizers.litert_file import tensor_names
from optimizers.litert_session import LiteRtSession
from optimizers.litert_torch import LiteRtFromTorch
from optimizers.passes import Form, FormedModel
from optimizers.sample_batches import read_batch, write_batch, write_batches
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Precision
from tests.support.small_networks import small_convolution

SIGNATURE = Signature(
    inputs=(TensorSpec(name="image", shape=("batch", 8, 8, 3)),),
    outputs=(TensorSpec(name="scores", shape=("batch", 4)),),
)
ERRORS = {Precision.FP32: 1e-5, Precision.FP16: 5e-3, Precision.INT8: 5e-2}
# One process for all of it: TensorFlow takes ten seconds to import, and does not share this one.
PROGRAM = """
import sys
from pathlib import Path
import keras
import tensorflow as tf
from optimizers.litert_convert import LiteRtConversion
from optimizers.passes import Form, FormedModel
from optimizers.sample_batches import read_batch, write_batch
from optimizers.vocabulary import Precision
from tests.optimizers.test_litert import SIGNATURE
folder = Path(sys.argv[1])
keras.utils.set_random_seed(7)
given = keras.Input((8, 8, 3), name="image")
hidden = keras.layers.Conv2D(8, 3, activation="relu")(given)
model = keras.Model(given, {"scores": keras.layers.Dense(4)(keras.layers.Flatten()(hidden))})
model.export(str(folder / "saved"), verbose=False)
write_batch(folder / "expected.npz", {"scores": model(read_batch(folder / "rows.npz")["image"])["scores"].numpy()})
model.save(folder / "saved.keras")
(folder / "keras").mkdir()
LiteRtConversion().run(FormedModel(Form.KERAS, SIGNATURE, path=folder / "saved.keras"), folder / "keras")
for precision in ("fp32", "fp16", "int8"):
    (folder / precision).mkdir()
    source = FormedModel(Form.SAVED_MODEL, SIGNATURE, path=folder / "saved", samples=folder / "samples")
    LiteRtConversion(Precision(precision)).run(source, folder / precision)
"""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each precision, rows, and what Keras answers."""
    folder = tmp_path_factory.mktemp("litert")
    random = np.random.default_rng(3)
    rows = random.standard_normal((5, 8, 8, 3)).astype(np.float32)
    write_batch(folder / "rows.npz", {"image": rows})
    write_batches(folder / "samples", [{"image": rows}])
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder)], check=True, cwd=Path(__file__).parents[2]
    )
    return folder


def interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_path=str(path))


def dtypes(path: Path) -> set[str]:
    return {np.dtype(tensor["dtype"]).name for tensor in interpreter(path).get_tensor_details()}


@pytest.mark.parametrize("precision", ERRORS)
def test_it_answers_like_keras_for_any_batch(converted: Path, precision: Precision) -> None:
    session = LiteRtSession(converted / precision / "model.tflite", SIGNATURE, 1)
    rows = read_batch(converted / "rows.npz")["image"]
    expected = read_batch(converted / "expected.npz")["scores"]

    for size in (1, 5, 2):
        found = session.run({"image": rows[:size]})
        assert list(found) == ["scores"]
        assert np.abs(found["scores"] - expected[:size]).max() < ERRORS[precision]


def test_a_keras_file_answers_like_keras_too(converted: Path) -> None:
    session = LiteRtSession(converted / "keras" / "model.tflite", SIGNATURE, 1)
    rows = read_batch(converted / "rows.npz")["image"]
    expected = read_batch(converted / "expected.npz")["scores"]

    assert np.abs(session.run({"image": rows})["scores"] - expected).max() < ERRORS[Precision.FP32]


@pytest.mark.parametrize(
    ("precision", "present", "absent"),
    [
        (Precision.FP32, set[str](), {"float16", "int8"}),
        (Precision.FP16, {"float16"}, {"int8"}),
        (Precision.INT8, {"int8"}, {"float16"}),
    ],
)
def test_tensors_have_the_asked_number_format(
    converted: Path, precision: Precision, present: set[str], absent: set[str]
) -> None:
    found = dtypes(converted / precision / "model.tflite")

    assert present <= found
    assert not absent & found


def test_int8_computes_in_int8_from_the_first_layer_to_the_last(converted: Path) -> None:
    loaded = interpreter(converted / "int8" / "model.tflite")
    names = {tensor["index"]: np.dtype(tensor["dtype"]).name for tensor in loaded.get_tensor_details()}
    weighted = [
        operation for operation in loaded._get_ops_details() if operation["op_name"] in {"CONV_2D", "FULLY_CONNECTED"}
    ]

    assert len(weighted) == 2
    assert {names[index] for operation in weighted for index in (operation["inputs"][0], operation["outputs"][0])} == {
        "int8"
    }


def test_inputs_and_outputs_keep_their_type_and_the_batch_is_dynamic(converted: Path) -> None:
    for precision in ERRORS:
        loaded = interpreter(converted / precision / "model.tflite")
        (given,), (gives,) = loaded.get_input_details(), loaded.get_output_details()
        assert (given["dtype"], gives["dtype"]) == (np.float32, np.float32)
        assert list(given["shape_signature"]) == [-1, 8, 8, 3]


def test_without_samples_nothing_is_calibrated() -> None:
    with pytest.raises(UnsupportedModel, match="no sample inputs to calibrate on"):
        one_row_at_a_time([])


def test_calibration_sees_every_row_alone() -> None:
    batches = [{"a": np.arange(3), "b": np.arange(3) + 10}, {"a": np.array([7]), "b": np.array([8])}]

    found = [{name: list(values) for name, values in row.items()} for row in one_row_at_a_time(batches)()]

    assert found == [{"a": [0], "b": [10]}, {"a": [1], "b": [11]}, {"a": [2], "b": [12]}, {"a": [7], "b": [8]}]


class Names:
    """What an interpreter says of its tensors."""

    def __init__(self, inputs: list[str], outputs: list[str]) -> None:
        self._names = {"inputs": inputs, "outputs": outputs}

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        return {"serving_default": self._names}


def test_tensors_are_found_by_name_or_by_place() -> None:
    assert tensor_names(Names(["image"], ["output_0"]), SIGNATURE) == ({"image": "image"}, {"scores": "output_0"})
    assert tensor_names(Names(["args_0"], ["scores"]), SIGNATURE) == ({"image": "args_0"}, {"scores": "scores"})


def test_other_tensors_than_the_model_has_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match=r"its inputs are \['other'\], \['image'\] are expected"):
        tensor_names(Names(["other"], ["scores"]), SIGNATURE)


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"no model")

    with pytest.raises(ArtifactError, match=r"model\.tflite: the runtime cannot load it"):
        LiteRtSession(tmp_path / "model.tflite", SIGNATURE, 1)


def test_the_converter_for_torch_says_how_it_is_installed(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="litert-torch is not installed; run `uv pip install litert-torch`"):
        LiteRtFromTorch().run(small_convolution(), tmp_path)


def test_the_converter_for_torch_takes_no_dynamic_axis_but_the_batch(tmp_path: Path) -> None:
    signature = Signature(inputs=(TensorSpec(name="tokens", shape=("batch", "sequence")),), outputs=SIGNATURE.outputs)

    with pytest.raises(UnsupportedModel, match="LiteRT needs fixed sizes, and `sequence` of `tokens` is not"):
        LiteRtFromTorch().run(FormedModel(Form.TORCH_MODULE, signature), tmp_path)
