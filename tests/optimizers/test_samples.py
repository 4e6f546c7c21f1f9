"""Samples come from the user's file, the product's texts, or a seed; a bad file is named with the row."""

import contextlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.errors import InvalidArgs
from optimizers.model_source import ModelSource
from optimizers.rows import RowEncoder
from optimizers.samples import GENERATED_ROWS, load_samples
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import ModelFormat
from tests.optimizers.test_rows import manifest
from tests.support.ordinary_user import ordinary_user
from tests.support.small_tokenizer import write_small_tokenizer

X = TensorSpec(name="x", shape=("batch", 2))
IDS = TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence"))


def signature(*inputs: TensorSpec) -> Signature:
    return Signature(inputs=inputs or (X,), outputs=(X,))


def source(folder: Path, samples: Path | None = None, max_length: int | None = None) -> ModelSource:
    return ModelSource(
        location="model", path=folder, model_format=ModelFormat.ONNX, samples=samples, max_length=max_length
    )


def rows_of(samples: Path, *inputs: TensorSpec) -> list[Any]:
    return load_samples(source(samples.parent, samples), signature(*inputs), takes_text=False)[0]


def said(samples: Path, *inputs: TensorSpec) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(InvalidArgs) as caught:
        rows_of(samples, *inputs)
    sentence = str(caught.value)
    assert "the request" not in sentence
    assert str(samples) in sentence
    assert sentence.startswith("1 problem in ")
    return sentence


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_products_texts_are_enough_for_parity_and_always_the_same(tmp_path: Path) -> None:
    rows, origin = load_samples(source(tmp_path), signature(IDS), takes_text=True)

    assert (rows, origin) == load_samples(source(tmp_path), signature(IDS), takes_text=True)
    assert origin == "sample texts of model-serving; give your own with `model.samples`"
    assert len(rows) >= GENERATED_ROWS
    assert len(set(rows)) == len(rows)
    assert all(isinstance(row, str) and row.strip() for row in rows)


DTYPES = st.sampled_from(["float32", "float16", "float64", "int64", "int32", "uint8", "bool"])
AXES = st.integers(1, 4) | st.sampled_from(["length", "width"])


@given(inputs=st.lists(st.tuples(DTYPES, st.lists(AXES, max_size=3)), min_size=1, max_size=3))
def test_generated_rows_fit_every_model_and_are_always_the_same(inputs: list[tuple[str, list[int | str]]]) -> None:
    specs = tuple(
        TensorSpec(name=f"x{index}", dtype=dtype, shape=("batch", *axes)) for index, (dtype, axes) in enumerate(inputs)
    )

    rows, origin = load_samples(source(Path()), signature(*specs), takes_text=False)

    assert origin.endswith("seed 20261123; give your own with `model.samples`")
    assert len(rows) == GENERATED_ROWS
    assert rows == load_samples(source(Path()), signature(*specs), takes_text=False)[0]
    encoder = RowEncoder(manifest(specs), Path())
    assert all(encoder.encode_row(index, row).keys() == row.keys() for index, row in enumerate(rows))
    assert json.loads(json.dumps(rows)) == rows


def test_what_is_generated_is_said_in_words_and_fits_indices_and_pixels() -> None:
    specs = tuple(
        TensorSpec(name=dtype, dtype=dtype, shape=("batch", 50)) for dtype in ("float32", "int64", "uint16", "uint8")
    )

    rows, origin = load_samples(source(Path()), signature(*specs), takes_text=False)

    assert origin.startswith("random numbers, whole numbers 0 and 1, whole numbers 0 to 255, seed")
    assert {value for row in rows for value in row["int64"] + row["uint16"]} == {0, 1}
    assert max(value for row in rows for value in row["uint8"]) > 200


def test_a_dynamic_axis_has_two_sizes_each_in_rows_that_make_whole_batches() -> None:
    rows, _ = load_samples(source(Path()), signature(TensorSpec(name="x", shape=("batch", "length"))), takes_text=False)

    lengths = [len(row["x"]) for row in rows]
    assert lengths == sorted(lengths)
    assert set(lengths) == {8, 16}
    assert lengths.count(8) == lengths.count(16)


def test_rows_of_a_json_file_are_taken_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, "rows.json", '[[1, 2], {"x": [3, 4.5]}]')

    rows, origin = load_samples(source(tmp_path, path), signature(), takes_text=False)

    assert rows == [[1, 2], {"x": [3, 4.5]}]
    assert origin == "`rows.json`"


def test_each_line_of_a_text_file_is_a_row(tmp_path: Path) -> None:
    write_small_tokenizer(tmp_path / "tokenizer.json")
    path = written(tmp_path, "texts.txt", b"\xef\xbb\xbfthe train\r\n\n  \nleaves at nine")

    rows, _ = load_samples(source(tmp_path, path, max_length=4), signature(IDS), takes_text=True)

    assert rows == ["the train", "leaves at nine"]


def test_each_array_of_an_npz_file_is_an_input(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, x=np.array([[1, 2], [3, 4]], np.float32), z=np.array([5, 6]))

    rows = rows_of(path, X, TensorSpec(name="z", dtype="int64", shape=("batch",)))

    assert rows == [{"x": [1.0, 2.0], "z": 5}, {"x": [3.0, 4.0], "z": 6}]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("rows.json", "[[1, 2], [1]]", "row 1 (counted from 0): got the shape (1,); `x` has the shape (2); write `x`"),
        ("rows.json", '[{"y": [1, 2]}]', "row 0 (counted from 0): got an object; the input `x` is required; add `x`"),
        ("rows.json", "[[1, 2], [NaN, 1]]", "row 1 (counted from 0): got a number that does not fit float32"),
        ("rows.json", "[null]", "row 0 (counted from 0): got null; `x` holds float32 numbers"),
        ("rows.txt", "\n\nthe train\n", "line 3: got a text; this model has no tokenizer"),
    ],
)
def test_a_sample_that_does_not_fit_the_model_is_named_by_file_and_row(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    sentence = said(written(tmp_path, name, content))

    assert sentence.startswith(f"1 problem in the samples `{tmp_path / name}`\n")
    assert expected in sentence


def test_a_row_of_an_npz_file_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, x=np.array([[1, 2], [3, np.inf]], np.float32))

    assert "row 1 (counted from 0): got a number that does not fit float32" in said(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('["the train", [99]]', "row 1 (counted from 0): got token id 99; token ids are 0 to 8"),
        ('["the train", [1, 1, 1, 1, 1]]', "row 1 (counted from 0): got 5 token ids; at most 4 are allowed"),
        ('["\\ud800"]', "row 0 (counted from 0): got a text with a lone surrogate"),
    ],
)
def test_a_sample_that_does_not_fit_a_text_model_is_named(tmp_path: Path, content: str, expected: str) -> None:
    write_small_tokenizer(tmp_path / "tokenizer.json")
    path = written(tmp_path, "rows.json", content)

    with pytest.raises(InvalidArgs) as caught:
        load_samples(source(tmp_path, path, max_length=4), signature(IDS), takes_text=True)

    assert str(caught.value).startswith(f"1 problem in the samples `{path}`\n")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("rows.json", "", "not readable"),
        ("rows.json", "[[1, 2],", "not readable"),
        ("rows.json", "[" * 100_000, "nested too deeply"),
        ("rows.json", "[]", "samples are one row or more"),
        ("rows.json", '{"x": [[1, 2]]}', "a .json file holds a list of rows"),
        ("rows.json", "3", "a .json file holds a list of rows"),
        ("rows.json", b"[\xff]", "is not UTF-8"),
        ("rows.txt", b"caf\xe9\n", "is not UTF-8"),
        ("rows.txt", " \n\n", "samples are one row or more"),
        ("rows.csv", "1,2", "the suffix is one of .json, .npz, .txt"),
        ("rows.npy", "1,2", "the suffix is one of .json, .npz, .txt"),
        ("rows", "1,2", "the suffix is one of .json, .npz, .txt"),
        ("rows.npz", b"", "not a readable .npz file"),
        ("rows.npz", b"PK\x03\x04", "not a readable .npz file"),
        ("rows.npz", b"x,y\n1,2\n", "not a readable .npz file"),
        ("rows.npz", b"\x93NUMPY", "not a readable .npz file"),
    ],
)
def test_a_samples_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str | bytes, expected: str
) -> None:
    sentence = said(written(tmp_path, name, content))

    assert sentence.startswith("1 problem in the spec\n  - model.samples: got ")
    assert expected in sentence
    assert "allow_pickle" not in sentence


def npz_of(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def npy_header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_an_npz_file_with_python_objects_is_refused_and_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, x=np.array([{}, {}], dtype=object))

    sentence = said(path)

    assert "array `x` holds Python objects" in sentence
    assert "allow_pickle" not in sentence


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (npy_header("(10, 2)"), "array `x` is not readable"),
        (npy_header("(10000000000000, 2)"), "array `x` is not readable"),
        (npy_header("(1e5, 2)"), "array `x` is not readable"),
        (npy_header("(1,"), "array `x` is not readable"),
        (npy_header("(1, 2)", "'nonsense'"), "array `x` is not readable"),
        (b"\x93NUMPY\x09\x00", "array `x` is not readable"),
        (b"no array", "array `x` is not readable"),
        (b"", "array `x` is not readable"),
    ],
)
def test_a_damaged_array_is_named(tmp_path: Path, header: bytes, expected: str) -> None:
    assert expected in said(npz_of(tmp_path / "rows.npz", x=header))


def test_an_npy_file_with_the_suffix_of_npz_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.zeros((2, 2)))
    path = (tmp_path / "rows.npy").rename(tmp_path / "rows.npz")

    assert "holds one array without a name" in said(path)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({}, "samples are one row or more"),
        ({"x": np.float32(1)}, "array `x` has no axis"),
        ({"x": np.zeros((2, 2)), "z": np.zeros(3)}, "array `z` has 3 rows, array `x` has 2"),
        ({"x": np.zeros((0, 2))}, "samples are one row or more"),
    ],
)
def test_arrays_that_are_not_rows_are_refused(tmp_path: Path, arrays: dict[str, Any], expected: str) -> None:
    np.savez(tmp_path / "rows.npz", **arrays)

    assert expected in said(tmp_path / "rows.npz")


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), keep=st.floats(0, 1))
def test_a_damaged_npz_file_never_ends_in_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, place: float, value: int, keep: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    np.savez_compressed(path, x=np.arange(8, dtype=np.float32).reshape(4, 2))
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = value
    path.write_bytes(content if keep > 0.5 else content[: int(2 * keep * len(content))])

    with contextlib.suppress(InvalidArgs):
        assert len(rows_of(path)) == 4


def test_a_samples_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()

    assert "there is no such file" in said(tmp_path / "missing.json")
    assert "a folder, a file is needed" in said(tmp_path / "folder.json")


def test_a_samples_file_without_permission_is_named() -> None:
    # Not in pytest's own folder, which is closed to other users.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = written(folder, "rows.json", "[[1, 2]]")
        path.chmod(0)

        with ordinary_user():
            assert "not readable" in said(path)
