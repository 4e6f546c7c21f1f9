"""Read labelled rows one after the other: from a `.jsonl` or `.npz` file without ever holding all of them."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from optimizers.errors import InvalidArgs
from optimizers.json_text import NotJson, parse_json
from optimizers.samples_file import WRITE_AGAIN, invalid_file, json_rows, refuse_no_file

if TYPE_CHECKING:
    from numpy import dtype

FIELD = "model.evaluation"
SUFFIXES = (".json", ".jsonl", ".npz")
# Arrays of a .npz file that hold what is to be answered; all others are inputs.
ANSWER_ARRAYS = ("label", "labels", "target")
INPUT = "input"
# Rows are turned into Python's numbers a block at a time, which take some ten times as much.
BLOCK_BYTES = 1 << 16
DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)


class Record(NamedTuple):
    """One labelled row, and where in the file it is: the number of a line from 1, else of a row from 0."""

    number: int
    fields: dict[str, Any]


def place(path: Path, number: int) -> str:
    """Return where a record is, in words."""
    return f"line {number}" if path.suffix == ".jsonl" else f"row {number} (counted from 0)"


def read_records(path: Path) -> Iterator[Record]:
    """
    Yield the records of a `.jsonl` (an object a line), `.json` (a list of objects) or `.npz` file (an array a name).

    Nothing in the file is unpickled. Of a `.json` file all is read at once.

    Raises:
        InvalidArgs: The file is missing, empty, damaged or in another format; it may come after the first records.
    """
    refuse_no_file(path, FIELD)
    readers = {".json": _json_records, ".jsonl": _json_lines, ".npz": _npz_records}
    if path.suffix not in readers:
        raise _invalid(path, f"the suffix is one of {', '.join(SUFFIXES)}", "convert the file")
    number = None
    for number, fields in readers[path.suffix](path):
        if not isinstance(fields, dict):
            raise _invalid(path, f"{place(path, number)} is not an object", 'write `{"input": …, …}`')
        yield Record(number, cast("dict[str, Any]", fields))
    if number is None:
        raise _invalid(path, "evaluation data are one row or more", "add rows")


def _json_records(path: Path) -> Iterator[tuple[int, object]]:
    return enumerate(json_rows(path, FIELD))


def _json_lines(path: Path) -> Iterator[tuple[int, object]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, parse_json(line)
    except UnicodeDecodeError:
        raise _invalid(path, f"not UTF-8 after line {number}", "save it as UTF-8") from None
    except NotJson as error:
        raise _invalid(path, f"line {number} is not JSON ({error})", "write one object a line") from None
    except OSError as error:
        raise _invalid(path, f"not readable ({error.strerror})", "write the file again") from None


def _npz_records(path: Path) -> Iterator[tuple[int, object]]:
    """Yield rows of all arrays together, a block at a time: `numpy.load` would hold each array whole."""
    try:
        with ExitStack() as opened:
            archive = opened.enter_context(zipfile.ZipFile(path))
            columns = dict[str, _Column]()
            for file in archive.namelist():
                name = file.removesuffix(".npy")
                columns[name] = _Column(path, name, opened.enter_context(archive.open(file)))
            _refuse_lengths(path, columns)
            answers = [name for name in ANSWER_ARRAYS if name in columns]
            for number, values in enumerate(zip(*(column.rows() for column in columns.values()), strict=True)):
                row = dict(zip(columns, values, strict=True))
                yield number, {**{name: row.pop(name) for name in answers}, INPUT: row}
    except InvalidArgs:
        raise
    except DAMAGED:
        raise _invalid(path, "not a readable .npz file", WRITE_AGAIN) from None


def _refuse_lengths(path: Path, columns: "dict[str, _Column]") -> None:
    first = next(iter(columns), "")
    for name, column in columns.items():
        if column.shape[0] != columns[first].shape[0]:
            rule = f"array `{name}` has {column.shape[0]} rows, array `{first}` has {columns[first].shape[0]}"
            raise _invalid(path, rule, "give every array the same number of rows")


class _Column:
    """One array of a .npz file, read from its start."""

    def __init__(self, path: Path, name: str, stream: IO[bytes]) -> None:
        self._path, self._name, self._stream = path, name, stream
        self.shape, self._dtype = self._header()

    def _header(self) -> "tuple[tuple[int, ...], dtype[Any]]":
        from numpy.lib import format as npy

        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        reader = readers.get(npy.read_magic(self._stream))
        if reader is None:
            raise _invalid(self._path, f"array `{self._name}` has named columns", "save arrays of numbers")
        shape, is_fortran, kind = reader(self._stream)
        if kind.hasobject:
            raise _invalid(self._path, f"array `{self._name}` holds Python objects", "save arrays of numbers")
        if not shape:
            raise _invalid(self._path, f"array `{self._name}` has no axis", "make axis 0 of each array the row")
        if is_fortran and len(shape) > 1:
            rule = f"array `{self._name}` lies in Fortran's order, rows apart"
            raise _invalid(self._path, rule, "save `numpy.ascontiguousarray` of it")
        return shape, kind

    def rows(self) -> Iterator[Any]:
        """Yield each row as nested lists, as JSON would have it."""
        import numpy as np

        size = math.prod(self.shape[1:])
        row_bytes = self._dtype.itemsize * size
        together = max(1, BLOCK_BYTES // max(1, row_bytes))
        for start in range(0, self.shape[0], together):
            count = min(together, self.shape[0] - start)
            content = _exactly(self._stream, count * row_bytes)
            yield from np.frombuffer(content, self._dtype, count * size).reshape(count, *self.shape[1:]).tolist()


def _exactly(stream: IO[bytes], size_bytes: int) -> bytes:
    content = stream.read(size_bytes)
    if len(content) != size_bytes:
        raise EOFError
    return content


def _invalid(path: Path, rule: str, fix: str) -> InvalidArgs:
    return invalid_file(path, rule, fix, FIELD)
