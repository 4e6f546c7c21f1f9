"""Rows of a request become arrays that fit the model, or are refused by name."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.artifact import Manifest, Tokenizer
from optimizers.errors import InvalidRow
from optimizers.rows import LONG_TEXT, RowEncoder
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Precision, Prediction, Runtime
from tests.support.small_tokenizer import CLS, PAD, SEP, UNKNOWN, WORDS, write_small_tokenizer

TOKENS = ("batch", "sequence")
TEXT_INPUTS = tuple(
    TensorSpec(name=name, dtype="int64", shape=TOKENS) for name in ("input_ids", "attention_mask", "token_type_ids")
)
X = TensorSpec(name="x", shape=("batch", 2))
ANSWER = TensorSpec(name="y", shape=("batch", 1))


def manifest(
    inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...] = (ANSWER,), tokenizer: Tokenizer | None = None
) -> Manifest:
    return Manifest(
        name="onnx",
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        entry="model.onnx",
        signature=Signature(inputs=inputs, outputs=outputs),
        prediction=Prediction.NUMERIC,
        tokenizer=tokenizer,
        model_sha256="",
    )


def encoder(*inputs: TensorSpec) -> RowEncoder:
    return RowEncoder(manifest(inputs), Path())


def text_encoder(  # noqa: PLR0913 - each is one thing that a test varies
    folder: Path,
    max_length: int = 5,
    *,
    pad: int = PAD,
    special_tokens: bool = True,
    inputs: tuple[TensorSpec, ...] = TEXT_INPUTS,
    outputs: tuple[TensorSpec, ...] = (ANSWER,),
) -> RowEncoder:
    write_small_tokenizer(folder / "tokenizer.json", special_tokens=special_tokens)
    return RowEncoder(manifest(inputs, outputs, Tokenizer(max_length=max_length, pad_token_id=pad)), folder)


def token_id(word: str) -> int:
    return WORDS.index(word)


def said(encode: RowEncoder, rows: list[Any]) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(InvalidRow) as caught:
        encode.encode(rows)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [CLS, SEP]),
        ("   ", [CLS, SEP]),
        ("train", [CLS, token_id("train"), SEP]),
        ("the zebra", [CLS, token_id("the"), UNKNOWN, SEP]),
        ("the train leaves", [CLS, token_id("the"), token_id("train"), token_id("leaves"), SEP]),
        ("the train leaves at nine", [CLS, token_id("the"), token_id("train"), token_id("leaves"), SEP]),
    ],
)
def test_a_text_becomes_its_tokens_cut_at_the_maximum(tmp_path: Path, text: str, ids: list[int]) -> None:
    found = text_encoder(tmp_path).encode([text])

    assert found["input_ids"].tolist() == [ids]
    assert found["attention_mask"].tolist() == [[1] * len(ids)]
    assert found["token_type_ids"].tolist() == [[0] * len(ids)]


@pytest.mark.parametrize("pad", [0, 7])
def test_shorter_rows_are_padded_on_the_right_and_masked(tmp_path: Path, pad: int) -> None:
    found = text_encoder(tmp_path, pad=pad).encode(["the train", [4, 5, 6, 7, 8], ""])

    assert found["input_ids"].tolist() == [[CLS, 4, 5, SEP, pad], [4, 5, 6, 7, 8], [CLS, SEP, pad, pad, pad]]
    assert found["attention_mask"].tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
    assert found["token_type_ids"].tolist() == [[0] * 5] * 3


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_tokens_have_the_type_that_the_model_takes(tmp_path: Path, dtype: str) -> None:
    inputs = (TensorSpec(name="input_ids", dtype=dtype, shape=TOKENS),)

    found = text_encoder(tmp_path, inputs=inputs).encode(["train"])

    assert {name: str(array.dtype) for name, array in found.items()} == {"input_ids": dtype}


TOKEN_IDS = st.lists(st.integers(0, len(WORDS) - 1), min_size=1, max_size=5)


@given(rows=st.lists(TOKEN_IDS, min_size=1, max_size=6))
def test_a_batch_of_token_ids_holds_every_row_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]]
) -> None:
    found = text_encoder(tmp_path_factory.getbasetemp()).encode(rows)

    ids, mask = found["input_ids"], found["attention_mask"]
    assert ids.shape == mask.shape == (len(rows), max(map(len, rows)))
    assert [row[kept.astype(bool)].tolist() for row, kept in zip(ids, mask, strict=True)] == rows
    assert not ids[mask == 0].any()


@given(words=st.lists(st.sampled_from(WORDS[4:]), max_size=12), max_length=st.integers(3, 9))
def test_no_text_is_longer_than_the_maximum(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], max_length: int
) -> None:
    (ids,) = text_encoder(tmp_path_factory.getbasetemp(), max_length).encode([" ".join(words)])["input_ids"]

    assert len(ids) == min(len(words) + 2, max_length)


def test_true_and_false_are_no_numbers_in_lists_of_lists_either() -> None:
    encode = encoder(TensorSpec(name="x", shape=("batch", 2, 2)))

    assert encode.encode([[[1, 2.5], [0, 1]]])["x"].tolist() == [[[1.0, 2.5], [0.0, 1.0]]]
    assert "`x` holds float32 numbers" in said(encode, [[[1, 2.5], [0, True]]])


def test_other_threads_run_while_a_very_long_text_is_cut(tmp_path: Path) -> None:
    encode = text_encoder(tmp_path)
    encode.encode(["the train " * LONG_TEXT])
    turns = 0
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(encode.encode, ["the train " * 100_000])
        while not found.done():
            time.sleep(0.001)
            turns += 1

    assert found.result()["input_ids"].tolist() == [[CLS, token_id("the"), token_id("train"), token_id("the"), SEP]]
    # A call that lets nobody run leaves one or two.
    assert turns > 10


def nested(depth: int) -> list[Any]:
    row: list[Any] = [1]
    for _ in range(depth):
        row = [row]
    return row


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ([], "a row is a text or a list of token ids"),
        (None, "got null; a row is a text or a list of token ids"),
        (3, "got a number; a row is a text"),
        ([1.0], "got a list of a number; a row is a text"),
        ([True], "got a list of true or false; a row is a text"),
        ([[1]], "got a list of lists; a row is a text"),
        ([[1], "train", 2], "got a list of a number and a text and lists; a row is a text"),
        (nested(500), "got a list of lists; a row is a text"),
        (["train"], "got a list of a text; a row is a text"),
        ([-1], "got token id -1; token ids are 0 to 8"),
        ([0, 9], "got token id 9; token ids are 0 to 8"),
        ([1] * 6, "got 6 token ids; at most 5 are allowed"),
        ("\ud800", "got a text with a lone surrogate; a text is valid Unicode"),
        ({}, "the input `input_ids` is required"),
        ({"input_ids": [1], "attention_mask": [1]}, "the input `token_type_ids` is required"),
        ({"input_ids": [9], "attention_mask": [1], "token_type_ids": [0]}, "got token id 9"),
        ({"input_ids": [1, 2], "attention_mask": [1], "token_type_ids": [0]}, "`attention_mask` has the shape"),
    ],
)
def test_a_row_that_is_no_text_and_no_token_ids_is_refused(tmp_path: Path, row: Any, rule: str) -> None:
    sentence = said(text_encoder(tmp_path), ["train", row])

    assert "inputs[1]: got " in sentence
    assert rule in sentence


def test_a_text_without_any_token_is_refused(tmp_path: Path) -> None:
    sentence = said(text_encoder(tmp_path, special_tokens=False), ["train", " "])

    assert "inputs[1]: got ' '; the tokenizer finds no token in it" in sentence


def test_named_token_inputs_are_taken_as_they_are(tmp_path: Path) -> None:
    row = {"input_ids": [4, 5], "attention_mask": [1, 0], "token_type_ids": [0, 1]}

    found = text_encoder(tmp_path).encode([row, "the train leaves"])

    assert {name: array[0].tolist() for name, array in found.items()} == {
        "input_ids": [4, 5, 0, 0, 0],
        "attention_mask": [1, 0, 0, 0, 0],
        "token_type_ids": [0, 1, 0, 0, 0],
    }


@pytest.mark.parametrize(
    ("dtype", "row", "values"),
    [
        ("float32", [1, 2.5], [1.0, 2.5]),
        ("float16", [65504, 0], [65504.0, 0.0]),
        ("float64", [1e300, -1], [1e300, -1.0]),
        ("int64", [2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
        ("int8", [127, -128], [127, -128]),
        ("uint8", [0, 255], [0, 255]),
        ("int32", [True, False], [1, 0]),
        ("bool", [True, False], [True, False]),
    ],
)
def test_numbers_have_the_type_that_the_model_takes(dtype: str, row: list[Any], values: list[Any]) -> None:
    found = encoder(TensorSpec(name="x", dtype=dtype, shape=("batch", 2))).encode([row])["x"]

    assert str(found.dtype) == dtype
    assert found.tolist() == [values]


@pytest.mark.parametrize(
    ("dtype", "row"),
    [
        ("float32", [1e39, 0]),
        ("float16", [65536, 0]),
        ("float32", [float("nan"), 0]),
        ("float64", [float("inf"), 0]),
        ("int8", [128, 0]),
        ("uint8", [-1, 0]),
        ("int64", [2**63, 0]),
        ("int64", [10**400, 0]),
        ("float32", [10**400, 0]),
        ("int64", [1.0, 0]),
        ("bool", [1, 0]),
        ("float32", [True, False]),
        ("float32", [True, 1.5]),
        ("float64", [1, False]),
        ("float16", {"x": [1.5, True]}),
        ("float32", ["1", "2"]),
        ("float32", [None, 1]),
        ("float32", [[1], [1, 2]]),
        ("float32", {"x": [[1, 2]]}),
        ("float32", nested(500)),
        ("float32", [1, 2, 3]),
        ("float32", [[1, 2]]),
        ("float32", []),
        ("float32", 1),
        ("float32", "text"),
    ],
)
def test_a_row_that_does_not_fit_its_input_is_refused(dtype: str, row: Any) -> None:
    sentence = said(encoder(TensorSpec(name="x", dtype=dtype, shape=("batch", 2))), [row])

    assert "inputs[0]: got " in sentence
    assert "send `x`" in sentence


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "z", "input_ids"]), inner),
    max_leaves=8,
)


@given(row=JSON_VALUES, dtype=st.sampled_from(["float32", "float16", "int64", "uint8", "bool"]))
def test_whatever_a_row_holds_it_fits_or_is_refused(row: Any, dtype: str) -> None:
    encode = encoder(TensorSpec(name="x", dtype=dtype, shape=("batch", "length")))
    with contextlib.suppress(InvalidRow):
        found = encode.encode([row])["x"]
        assert found.shape == (1, len(row["x"] if isinstance(row, dict) else row))
        assert str(found.dtype) == dtype


@given(row=JSON_VALUES)
def test_whatever_a_row_of_a_text_model_holds_it_fits_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, row: Any
) -> None:
    encode = text_encoder(tmp_path_factory.getbasetemp(), inputs=TEXT_INPUTS[:1])
    with contextlib.suppress(InvalidRow):
        ids = encode.encode([row])["input_ids"]
        assert ids.shape[0] == 1
        assert 0 <= ids.min() <= ids.max() < len(WORDS)


def test_the_inputs_of_a_row_agree_on_a_shared_axis() -> None:
    pair = tuple(TensorSpec(name=name, shape=("batch", "length")) for name in ("a", "b"))

    assert encoder(*pair).encode([{"a": [1, 2], "b": [3, 4]}])["b"].tolist() == [[3.0, 4.0]]
    assert "`b` has the shape (length)" in said(encoder(*pair), [{"a": [1, 2], "b": [3]}])


def test_a_model_with_several_inputs_takes_an_object() -> None:
    pair = (X, TensorSpec(name="z", shape=("batch",)))

    assert encoder(*pair).encode([{"x": [1, 2], "z": 3}])["z"].tolist() == [3.0]
    assert "the inputs `x`, `z`; send an object" in said(encoder(*pair), [[1, 2]])
    assert "the input `z` is required; add `z`" in said(encoder(*pair), [{"x": [1, 2]}])


def test_an_unknown_input_is_named_in_text_that_every_terminal_prints() -> None:
    sentence = said(encoder(X), [{"x": [1, 2], "\ud800" + "y" * 500: 1}])

    assert "`\\ud800yyy" in sentence
    assert "the inputs are `x`; remove" in sentence
    assert len(sentence.encode()) < 400


def test_rows_of_one_batch_have_one_shape() -> None:
    encode = encoder(TensorSpec(name="x", shape=("batch", "length")))

    assert encode.encode([[1, 2], [3, 4]])["x"].shape == (2, 2)
    assert "inputs[1]: got `x` of shape (1,); rows of one request have one shape, row 0 has (2,)" in said(
        encode, [[1, 2], [3]]
    )


def test_a_request_without_rows_is_refused() -> None:
    assert "a request has at least one row" in said(encoder(X), [])


def test_one_output_gives_its_values_and_several_give_objects() -> None:
    second = TensorSpec(name="z", shape=("batch",))
    outputs = {"y": np.array([[1.5], [2.5]]), "z": np.array([1, 2])}

    alone = RowEncoder(manifest((X,)), Path())
    both = RowEncoder(manifest((X,), (ANSWER, second)), Path())

    assert alone.answers(outputs) == [[1.5], [2.5]]
    assert both.answers(outputs) == [{"y": [1.5], "z": 1}, {"y": [2.5], "z": 2}]


def test_an_output_with_a_value_for_each_token_is_cut_to_the_tokens_of_the_row(tmp_path: Path) -> None:
    encode = text_encoder(tmp_path, outputs=(TensorSpec(name="y", shape=(*TOKENS, 1)),))
    inputs = encode.encode(["the train", ""])
    values = np.arange(8).reshape(2, 4, 1)

    assert encode.answers({"y": values}, inputs) == [[[0], [1], [2], [3]], [[4], [5]]]
    assert encode.answers({"y": values}) == values.tolist()
