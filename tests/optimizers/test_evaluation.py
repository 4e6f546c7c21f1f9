"""Labelled data are streamed, checked against the model row by row, and refused by place, value, rule and fix."""

import json
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizers.accuracy import AccuracyLimits
from optimizers.answer_check import WrongAnswer, refuse_wrong
from optimizers.artifact import Tokenizer
from optimizers.errors import InvalidArgs, UnsupportedModel
from optimizers.evaluation import Evaluation, score_original
from optimizers.evaluation_batches import write_evaluation
from optimizers.evaluation_file import read_records
from optimizers.metrics import MetricName
from optimizers.rows import RowEncoder
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Prediction
from tests.support.small_tokenizer import write_small_tokenizer

SCORES = (TensorSpec(name="scores", shape=("batch", 3)),)
ROWS = [([1.0, 0.0, 0.0], 0), ([0.0, 2.0, 0.0], 1), ([0.0, 0.0, 1.0], 2), ([0.0, 1.0, 0.5], 2)]


@dataclass(frozen=True)
class Model:
    """Takes `x (batch, 3)` and gives it back, times `factor`."""

    outputs: tuple[TensorSpec, ...] = SCORES
    inputs: tuple[TensorSpec, ...] = (TensorSpec(name="x", shape=("batch", 3)),)
    factor: float = 1.0
    tokenizer: None = None

    @property
    def signature(self) -> Signature:
        return Signature(inputs=self.inputs, outputs=self.outputs)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        values = inputs[self.inputs[0].name] * np.float32(self.factor)
        return {spec.name: values for spec in self.outputs}


def written(path: Path, prediction: Prediction = Prediction.CLASSIFICATION, model: Model | None = None) -> Evaluation:
    model = model or Model()
    return write_evaluation(path, prediction, RowEncoder(model, path.parent), model.outputs, path.parent / "batches")


def lines(folder: Path, *records: object) -> Path:
    path = folder / "labelled.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def labelled(folder: Path, suffix: str) -> Path:
    path = folder / f"labelled{suffix}"
    records = [{"input": row, "label": label} for row, label in ROWS]
    if suffix == ".npz":
        np.savez(path, x=np.array([row for row, _ in ROWS], np.float32), label=np.array([label for _, label in ROWS]))
    elif suffix == ".json":
        path.write_text(json.dumps(records))
    else:
        path.write_text("\n\n".join(map(json.dumps, records)))
    return path


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".npz"])
def test_every_form_of_file_gives_the_same_score(tmp_path: Path, suffix: str) -> None:
    scored = score_original(Model(), written(labelled(tmp_path, suffix)), "model")

    assert scored.scores[MetricName.ACCURACY] == 0.75
    assert scored.data == f"`labelled{suffix}`, 4 rows"


def test_a_worse_candidate_is_told_apart_and_nan_is_refused_by_its_row(tmp_path: Path) -> None:
    scored = score_original(Model(), written(labelled(tmp_path, ".jsonl")), "model")

    harmed = scored.accuracy(Model(factor=-1), AccuracyLimits())
    assert (harmed.value, harmed.limit, harmed.passed) == (0.0, 0.74, False)
    with pytest.raises(WrongAnswer, match=r"^output `scores` is NaN or infinite for line 1 of the evaluation data$"):
        scored.accuracy(Model(factor=float("nan")), AccuracyLimits())


def test_an_original_that_answers_nan_is_told_by_its_row(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"^model: the original answers line 1 of the evaluation data with NaN"):
        score_original(Model(factor=float("nan")), written(labelled(tmp_path, ".jsonl")), "model")


def test_numbers_are_scored_by_their_error(tmp_path: Path) -> None:
    path = lines(tmp_path, *({"input": row, "target": [2 * value for value in row]} for row, _ in ROWS))

    scored = score_original(Model(), written(path, Prediction.NUMERIC), "model")

    assert list(scored.scores) == [MetricName.RMSE, MetricName.MAE, MetricName.R2]
    assert scored.accuracy(Model(factor=2), AccuracyLimits()).value == 0
    assert not scored.accuracy(Model(factor=0), AccuracyLimits()).passed


def test_pairs_are_scored_by_the_order_of_their_similarities(tmp_path: Path) -> None:
    right = {"first": [1.0, 0.0, 0.0], "second": [1.0, 0.0, 0.0], "score": 5}
    near = {"first": [1.0, 0.0, 0.0], "second": [1.0, 1.0, 0.0], "score": 3.5}
    far = {"first": [1.0, 0.0, 0.0], "second": [0.0, 1.0, 0.0], "score": 0}

    scored = score_original(Model(), written(lines(tmp_path, right, far, near), Prediction.EMBEDDING), "model")

    assert scored.scores == pytest.approx({MetricName.SPEARMAN: 1.0})
    assert scored.evaluation.rows == 3


def test_queries_find_their_documents_wherever_they_stand_in_the_file(tmp_path: Path) -> None:
    axes = np.eye(3).tolist()
    query = {"query": axes[0], "relevant": ["d0", "d1"]}
    documents = [{"id": f"d{place}", "document": axes[min(place, 2)]} for place in range(20)]

    scored = score_original(Model(), written(lines(tmp_path, query, *documents), Prediction.EMBEDDING), "model")

    assert scored.scores == {MetricName.RECALL_AT_10: 1.0}


def wrong(path: Path, prediction: Prediction = Prediction.CLASSIFICATION, model: Model | None = None) -> str:
    with pytest.raises(InvalidArgs) as error:
        score_original(model or Model(), written(path, prediction, model), "model")
    assert len(error.value.issues) == 1
    return str(error.value.issues[0])


GOOD = {"input": [1.0, 0.0, 0.0], "label": 0}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"input": [1.0, 0.0], "label": 0}, "line 2: got the shape (2,); `x` has the shape (3)"),
        ({"input": ["a", 0.0, 0.0], "label": 0}, "`x` holds float32 numbers; write `x`"),
        ({"input": {"y": [1.0, 0.0, 0.0]}, "label": 0}, "line 2: got an object; the input `x` is required"),
        ({"input": [1.0, 0.0, 0.0], "label": 3}, "line 2: got label 3; output `scores` has the classes 0 to 2"),
        ({"input": [1.0, 0.0, 0.0], "label": -1}, "line 2: got `-1`; `label` holds whole numbers from 0 up"),
        ({"input": [1.0, 0.0, 0.0], "label": "two"}, 'line 2: got `"two"`; `label` holds whole numbers'),
        ({"input": [1.0, 0.0, 0.0], "label": True}, "line 2: got `true`; `label` holds whole numbers"),
        ({"input": [1.0, 0.0, 0.0]}, "line 2: got the fields `input`; a record has `input` and `label`, as the first"),
    ],
)
def test_a_record_that_does_not_fit_is_named_by_its_line(tmp_path: Path, record: object, words: str) -> None:
    said = wrong(lines(tmp_path, GOOD, record))

    assert said.startswith("model.evaluation, line 2: got ")
    assert words in said


def test_fields_that_belong_to_another_prediction_are_told_what_is_needed(tmp_path: Path) -> None:
    said = wrong(lines(tmp_path, {"text": "a", "label": 1}), Prediction.EMBEDDING)

    assert "of a model that predicts `embedding` a record has `first` and `second` and `score` or `id` and" in said


@pytest.mark.parametrize(
    ("records", "prediction", "words"),
    [
        (
            [{"input": [1.0, 0.0, 0.0], "target": 1.0}],
            Prediction.NUMERIC,
            "a target of 1 numbers; output `scores` has 3",
        ),
        ([{"input": [1.0, 0.0, 0.0], "target": [1, None]}], Prediction.NUMERIC, "got `null`; `target` holds finite"),
        (
            [{"input": [1.0, 0.0, 0.0], "target": [1, 2, 3]}, {"input": [1.0, 0.0, 0.0], "target": 1}],
            Prediction.NUMERIC,
            "line 2: got a target of 1 numbers; targets of one file have one size, 3 here",
        ),
        ([{"input": [1.0, 0.0, 0.0], "target": [1, 1, 1]}], Prediction.NUMERIC, "all targets are the same"),
        (
            [{"id": "a", "document": [1.0, 0.0, 0.0]}, {"id": "a", "document": [1.0, 0.0, 0.0]}],
            Prediction.EMBEDDING,
            'line 2: got `"a"`; an `id` is a text or a whole number of one document',
        ),
        (
            [{"id": "a", "document": [1.0, 0.0, 0.0]}, {"query": [1.0, 0.0, 0.0], "relevant": ["b"]}],
            Prediction.EMBEDDING,
            'line 2: got `"b"`; `relevant` holds ids of documents of the file',
        ),
        (
            [{"query": [1.0, 0.0, 0.0], "relevant": []}],
            Prediction.EMBEDDING,
            "line 1: got `[]`; `relevant` is a list of one id or more",
        ),
        (
            [{"input": [1.0, 0.0, 0.0]}],
            Prediction.TOKENS,
            "an output (batch, tokens, vocabulary) is scored, and the model",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(
    tmp_path: Path, records: list[object], prediction: Prediction, words: str
) -> None:
    assert words in wrong(lines(tmp_path, *records), prediction)


def test_a_single_score_takes_two_classes_and_needs_rows_of_both(tmp_path: Path) -> None:
    single = Model((TensorSpec(name="chance", shape=("batch", 1)),), (TensorSpec(name="x", shape=("batch", 1)),))
    three, one, good = (
        [{"input": [0.1 * label], "label": label} for label in labels] for labels in ((0, 2), (1, 1), (0, 1))
    )
    for name in ("three", "one", "good"):
        (tmp_path / name).mkdir()

    assert "got label 2; output `chance` has the classes 0 to 1" in wrong(
        lines(tmp_path / "three", *three), model=single
    )
    assert "all labels are the same" in wrong(lines(tmp_path / "one", *one), model=single)
    found = score_original(single, written(lines(tmp_path / "good", *good), model=single), "model")
    assert found.scores == {MetricName.ROC_AUC: 1.0}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", b"", "evaluation data are one row or more; add rows"),
        ("a.json", b"[]", "evaluation data are one row or more; add rows"),
        ("a.json", b'{"input": 1}', "a .json file holds a list of rows"),
        ("a.json", b"[", "not readable as JSON"),
        ("a.json", b"[1]", "row 0 (counted from 0) is not an object"),
        ("a.jsonl", b'{"input": 1}\n{"input"', "line 2 is not JSON"),
        ("a.jsonl", b"\xff\xfe", "not UTF-8 after line 0"),
        ("a.csv", b"input,label\n", "the suffix is one of .json, .jsonl, .npz"),
        ("a.npz", b"no archive", "not a readable .npz file"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InvalidArgs) as error:
        list(read_records(tmp_path / name))

    assert words in str(error.value)
    assert "model.evaluation: got " in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros((5, 3)), "label": np.zeros(4, int)}, "array `label` has 4 rows, array `x` has 5"),
        ({"x": np.array([None, 1]), "label": np.zeros(2, int)}, "array `x` holds Python objects"),
        ({"x": np.float32(1), "label": np.zeros(2, int)}, "array `x` has no axis"),
        ({"x": np.asfortranarray(np.ones((4, 3))), "label": np.zeros(4, int)}, "array `x` lies in Fortran's order"),
        ({"x": np.zeros((0, 3)), "label": np.zeros(0, int)}, "evaluation data are one row or more"),
    ],
)
def test_arrays_that_are_no_rows_are_refused(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)

    with pytest.raises(InvalidArgs) as error:
        list(read_records(tmp_path / "a.npz"))

    assert words in str(error.value)


def test_a_file_that_is_cut_is_refused_and_its_first_rows_are_not_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.random.default_rng(0).random((100, 300)), label=np.zeros(100, int))
    content = bytearray(path.read_bytes())
    content[20_000:20_100] = bytes(100)
    path.write_bytes(content)

    with pytest.raises(InvalidArgs, match=r"not a readable \.npz file"):
        list(read_records(path))


def test_an_array_larger_than_a_block_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.npz"
    np.savez_compressed(path, x=np.zeros((500, 1000), np.float32), label=np.zeros(500, int))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_records(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 500
    # The array has 2 MB.
    assert peak < 1.5e6


def token_encoder(folder: Path) -> RowEncoder:
    write_small_tokenizer(folder / "tokenizer.json")
    ids = (TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),)
    mask = (TensorSpec(name="attention_mask", dtype="int64", shape=("batch", "sequence")),)
    settings = Tokenizer(file="tokenizer.json", max_length=16, pad_token_id=0)
    return RowEncoder(TokenModel(Signature(inputs=(*ids, *mask), outputs=Tokens.outputs), settings), folder)


@dataclass(frozen=True)
class TokenModel:
    """What decides how rows of tokens are read."""

    signature: Signature
    tokenizer: Tokenizer


class Tokens:
    """Gives each token a one where its id is, so that every token is answered with itself."""

    outputs = (TensorSpec(name="logits", shape=("batch", "sequence", 100)),)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {"logits": np.eye(100, dtype=np.float32)[inputs["input_ids"]]}


def test_a_label_a_token_is_scored_without_padding(tmp_path: Path) -> None:
    encoder = token_encoder(tmp_path)
    path = lines(tmp_path, {"input": [3, 4, 5], "labels": [3, 4, 9]}, {"input": [3], "labels": [3]})

    data = write_evaluation(path, Prediction.TOKENS, encoder, Tokens.outputs, tmp_path / "batches")

    assert score_original(Tokens(), data, "model").scores[MetricName.TOKEN_ACCURACY] == 0.75


def test_text_alone_gives_the_perplexity_of_the_next_token(tmp_path: Path) -> None:
    encoder = token_encoder(tmp_path)
    path = lines(tmp_path, {"input": [3, 3, 3]}, {"input": [4, 5]})

    data = write_evaluation(path, Prediction.TOKENS, encoder, Tokens.outputs, tmp_path / "batches")
    scores = score_original(Tokens(), data, "model").scores

    # Two of three next tokens have the logit 1 beside 99 zeros, the third is one of the zeros.
    log_sum = np.log(np.e + 99)
    assert scores[MetricName.PERPLEXITY] == pytest.approx(np.exp((3 * log_sum - 2) / 3), rel=1e-6)
    assert scores[MetricName.NEXT_TOKEN_ACCURACY] == pytest.approx(2 / 3)


def test_labels_and_tokens_are_as_many(tmp_path: Path) -> None:
    encoder = token_encoder(tmp_path)
    path = lines(tmp_path, {"input": [3, 4, 5], "labels": [3]})

    with pytest.raises(InvalidArgs, match="line 1: got 1 labels; the row has 3 tokens"):
        write_evaluation(path, Prediction.TOKENS, encoder, Tokens.outputs, tmp_path / "batches")


RIGHT = {"y": np.ones((2, 3), np.float32)}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "it has no output `y`"),
        ({"y": np.ones((2, 3))}, "output `y` is float64, the original's is float32"),
        (
            {"y": np.ones((2, 4), np.float32)},
            "output `y` has the shape (2, 4) for samples 5 to 6, the original's has (2, 3)",
        ),
        (
            {"y": np.array([[1, 1, 1], [1, np.inf, 1]], np.float32)},
            "output `y` is NaN or infinite for sample 6 (counted",
        ),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused_with_output_and_sample(answer: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongAnswer) as error:
        refuse_wrong(RIGHT, answer, 5)

    assert words in str(error.value)


def test_a_right_answer_is_let_through() -> None:
    refuse_wrong(RIGHT, {**RIGHT, "another": np.full(1, np.nan)}, 0)
