"""Training data fit the model, or say what is expected and what was got."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizers.artifact import Tokenizer
from optimizers.errors import InvalidArgs
from optimizers.signature import Signature, TensorSpec
from optimizers.training_data import TrainedModel, TrainingData, load_training_data
from optimizers.vocabulary import Prediction
from tests.support.small_encoder import SIGNATURE
from tests.support.small_tokenizer import write_small_tokenizer

ROWS = 20
IMAGES = Signature(
    inputs=(TensorSpec(name="image", shape=("batch", 1, 8, 8)),),
    outputs=(TensorSpec(name="scores", shape=("batch", 10)),),
)
CLASSIFIER = TrainedModel(IMAGES, Prediction.CLASSIFICATION)
REGRESSION = TrainedModel(IMAGES, Prediction.NUMERIC)


def arrays(**changed: Any) -> dict[str, Any]:
    image = np.zeros((ROWS, 1, 8, 8), np.float32)
    given = {"image": image, "label": np.arange(ROWS) % 10, **changed}
    return {name: array for name, array in given.items() if array is not None}


def write(folder: Path, **given: Any) -> Path:
    np.savez(folder / "data.npz", **given)
    return folder / "data.npz"


def test_labels_are_places_of_classes(tmp_path: Path) -> None:
    data = load_training_data(write(tmp_path, **arrays(label=np.full(ROWS, 9, np.uint8))), CLASSIFIER)

    assert data.rows == ROWS
    assert data.answers is not None
    assert (str(data.answers.dtype), data.answers.tolist()) == ("int64", [9] * ROWS)
    assert data.inputs["image"].dtype == np.float32


def test_targets_have_the_shape_of_the_answer(tmp_path: Path) -> None:
    data = load_training_data(write(tmp_path, **arrays(label=None, target=np.ones((ROWS, 10)))), REGRESSION)

    assert data.answers is not None
    assert (str(data.answers.dtype), data.answers.shape) == ("float32", (ROWS, 10))


def test_without_labels_the_original_tells_what_is_right(tmp_path: Path) -> None:
    assert load_training_data(write(tmp_path, **arrays(label=None)), CLASSIFIER).answers is None


def test_texts_are_padded_to_the_longest(tmp_path: Path) -> None:
    write_small_tokenizer(tmp_path / "tokenizer.json")
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(["the train", "the train leaves at nine"] * 10))
    model = TrainedModel(SIGNATURE, Prediction.EMBEDDING, Tokenizer(max_length=16, pad_token_id=0), tmp_path)

    data = load_training_data(texts, model)

    assert data.answers is None
    assert data.inputs["input_ids"].shape == (20, 7)
    assert data.inputs["attention_mask"].sum(axis=1).tolist() == [4, 7] * 10


@pytest.mark.parametrize("shape", [("batch",), ("batch", 1)])
def test_labels_of_a_single_score_are_refused_and_it_may_learn_from_the_original(
    shape: tuple[int | str, ...], tmp_path: Path
) -> None:
    outputs = (TensorSpec(name="score", shape=shape),)
    model = TrainedModel(IMAGES.model_copy(update={"outputs": outputs}), Prediction.CLASSIFICATION)

    with pytest.raises(InvalidArgs, match=r"`score` is a single score of a row.*remove `label`"):
        load_training_data(write(tmp_path, **arrays(label=np.arange(ROWS) % 2)), model)
    assert load_training_data(write(tmp_path, **arrays(label=None)), model).answers is None


@pytest.mark.parametrize("labelled", [True, False])
def test_what_is_written_for_the_process_that_trains_is_read_back(labelled: bool, tmp_path: Path) -> None:
    answers = np.arange(3) if labelled else None
    TrainingData({"a/b": np.ones((3, 2))}, answers).write(tmp_path / "folder")

    found = TrainingData.read(tmp_path / "folder")

    assert found.inputs["a/b"].tolist() == np.ones((3, 2)).tolist()
    assert (found.answers is None) == (answers is None)


@pytest.mark.parametrize(
    ("model", "changed", "message"),
    [
        (CLASSIFIER, {"image": None}, "got the arrays `label`; the model takes `image`; add `image`"),
        (
            CLASSIFIER,
            {"image": np.zeros((ROWS, 8, 8), np.float32)},
            "got the shape (20, 8, 8) of `image`; `image` has the shape (batch, 1, 8, 8); correct the array",
        ),
        (CLASSIFIER, {"image": np.zeros((ROWS, 1, 8, 8), complex)}, "got complex128 in `image`; `image` holds float32"),
        (CLASSIFIER, {"image": np.full((ROWS, 1, 8, 8), np.nan)}, "got NaN or infinity in `image`"),
        (CLASSIFIER, {"label": np.arange(ROWS)}, "got labels from 0 to 19; the model has the classes 0 to 9"),
        (CLASSIFIER, {"label": np.full(ROWS, -1)}, "got labels from -1 to -1; the model has the classes 0 to 9"),
        (
            CLASSIFIER,
            {"label": np.zeros((ROWS, 10))},
            "got the shape (20, 10) of `label`; `label` has the shape (batch)",
        ),
        (CLASSIFIER, {"label": np.zeros(ROWS)}, "got float64 in `label`; `label` holds int64"),
        (CLASSIFIER, {"label": np.zeros(3, int)}, "got 3 rows of `label`; `image` has 20, and every array has as many"),
        (
            CLASSIFIER,
            {"labels": np.zeros(ROWS)},
            "got an array `labels`; the arrays are `image` and, where there are labels",
        ),
        (REGRESSION, {"label": None, "target": np.zeros((ROWS, 3))}, "got the shape (20, 3) of `target`"),
        (
            CLASSIFIER,
            {"image": np.zeros((3, 1, 8, 8), np.float32), "label": None},
            "got 3 rows; training needs 16 rows",
        ),
    ],
)
def test_data_that_do_not_fit_are_refused(
    model: TrainedModel, changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, **arrays(**changed))

    with pytest.raises(InvalidArgs) as caught:
        load_training_data(path, model)

    assert f"optimization.training.data: {message}" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.npz", b"not an archive", "not a readable .npz file"),
        ("data.csv", b"1,2", "the suffix is one of .json, .npz, .txt"),
        ("texts.txt", b"a text\n", "this model has no tokenizer"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InvalidArgs) as caught:
        load_training_data(tmp_path / name, CLASSIFIER)

    assert "optimization.training.data: got" in str(caught.value)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgs, match=r"optimization\.training\.data: got `.*missing\.npz`"):
        load_training_data(tmp_path / "missing.npz", CLASSIFIER)
