"""Read the rows of a samples file; every file is refused by name, whatever is wrong with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from optimizers.errors import InvalidArgs, Issue, first_line
from optimizers.json_text import NotJson, parse_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = "model.samples"
SUFFIXES = (".json", ".npz", ".txt")
WRITE_AGAIN = "write it again with numpy.savez"


class SampleRow(NamedTuple):
    """One row of a samples file, and where in the file it is, in words."""

    place: str
    value: Any


def read_samples(path: Path) -> list[SampleRow]:
    """
    Return the rows of a `.txt` (one text a line), `.json` (a list of rows) or `.npz` file (one array an input).

    Nothing in the file is unpickled.

    Raises:
        InvalidArgs: The file is missing, empty, damaged or in another format.
    """
    refuse_no_file(path)
    if path.suffix == ".txt":
        lines = enumerate(_text(path).splitlines(), start=1)
        rows = [SampleRow(f"line {number}", line) for number, line in lines if line.strip()]
    elif path.suffix == ".json":
        rows = _numbered(json_rows(path))
    elif path.suffix == ".npz":
        rows = _numbered(_npz_rows(path))
    else:
        raise invalid_file(path, f"the suffix is one of {', '.join(SUFFIXES)}", "convert the file")
    if not rows:
        raise invalid_file(path, "samples are one row or more", "add rows")
    return rows


def refuse_no_file(path: Path, field: str = SAMPLES) -> None:
    """Raise InvalidArgs where the path is no file."""
    if path.is_dir():
        raise invalid_file(path, "it is a folder, a file is needed", "correct the path", field)
    if not path.is_file():
        raise invalid_file(path, "there is no such file", "correct the path", field)


def _numbered(rows: Sequence[Any]) -> list[SampleRow]:
    return [SampleRow(f"row {index} (counted from 0)", row) for index, row in enumerate(rows)]


def _text(path: Path, field: str = SAMPLES) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows write a mark at the start
    except UnicodeDecodeError as error:
        raise invalid_file(path, f"the file is not UTF-8 at byte {error.start}", "save it as UTF-8", field) from None
    except OSError as error:
        raise invalid_file(path, f"not readable ({first_line(error)})", "write the file again", field) from None


def json_rows(path: Path, field: str = SAMPLES) -> list[Any]:
    """
    Return the list that a `.json` file holds.

    Raises:
        InvalidArgs: It is not readable, or holds something else; `field` of the spec names it.
    """
    try:
        rows = parse_json(_text(path, field))
    except NotJson as error:
        raise invalid_file(path, f"not readable as JSON ({error})", "write the file again", field) from None
    if not isinstance(rows, list):
        raise invalid_file(path, "a .json file holds a list of rows", "put the rows between `[` and `]`", field)
    return rows


def _npz_rows(path: Path) -> list[dict[str, Any]]:
    columns = npz_columns(path)
    lengths = {name: len(column) for name, column in columns.items()}
    for name, length in lengths.items():
        first = next(iter(lengths))
        if length != lengths[first]:
            rule = f"array `{name}` has {length} rows, array `{first}` has {lengths[first]}"
            raise invalid_file(path, rule, "give every array the same number of rows")
    lists = [column.tolist() for column in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def npz_columns(path: Path) -> "dict[str, NDArray[Any]]":
    """
    Return the arrays of a `.npz` file by name, each with its rows on axis 0.

    Raises:
        InvalidArgs: The file is missing or damaged, or an array of it holds Python objects.
    """
    import numpy as np

    try:
        stream = path.open("rb")  # numpy leaves a damaged file open that it opened itself
    except OSError as error:
        raise invalid_file(path, f"not readable ({first_line(error)})", "write the file again") from None
    with stream:
        try:
            arrays = np.load(stream, allow_pickle=False)
        except Exception:  # noqa: BLE001 - a damaged file makes numpy and zipfile raise almost anything
            raise invalid_file(path, "not a readable .npz file", WRITE_AGAIN) from None
        if isinstance(arrays, np.ndarray):
            raise invalid_file(path, "it holds one array without a name", WRITE_AGAIN)
        with arrays:
            return {name: _column(path, arrays, name) for name in arrays.files}


def _column(path: Path, arrays: Any, name: str) -> "NDArray[Any]":  # noqa: ANN401 - numpy's NpzFile
    import numpy as np

    try:
        array = arrays[name]
    except Exception as error:  # noqa: BLE001 - a damaged file makes numpy and zipfile raise almost anything
        # numpy's own sentence advises to unpickle the file, which runs whatever code it holds.
        if "allow_pickle" in str(error):
            raise invalid_file(path, f"array `{name}` holds Python objects", "save arrays of numbers") from None
        raise invalid_file(path, f"array `{name}` is not readable ({first_line(error)})", WRITE_AGAIN) from None
    if not isinstance(array, np.ndarray):
        raise invalid_file(path, f"array `{name}` is not readable (no .npy content)", WRITE_AGAIN)
    if array.ndim == 0:
        raise invalid_file(path, f"array `{name}` has no axis", "make axis 0 of each array the row")
    return array


def invalid_file(path: Path, rule: str, fix: str, field: str = SAMPLES) -> InvalidArgs:
    """Return the error for a file of rows that a field of the spec names."""
    return InvalidArgs("the spec", (Issue(field, f"`{path}`", rule, fix),))
