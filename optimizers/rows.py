"""Turn the rows of a request into one padded batch of arrays, and a batch of outputs into answers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from optimizers.artifact import Tokenizer
from optimizers.errors import InvalidRow, MissingExtra
from optimizers.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEQUENCE = "sequence"
TOKEN_IDS = "input_ids"  # noqa: S105 - the name of an input
TOKEN_MASK = "attention_mask"  # noqa: S105 - the name of an input
TOKEN_INPUTS = frozenset({TOKEN_IDS, TOKEN_MASK, "token_type_ids"})

LONGEST_NAME = 80
LONG_TEXT = 10_000
ANSWER_KINDS = {"i": "iub", "u": "iub", "f": "iuf", "b": "b"}
KINDS: dict[type, str] = {
    str: "a text", bool: "true or false", int: "a number", float: "a number", type(None): "null", dict: "an object",
}  # fmt: skip


class TakesRows(Protocol):
    """What decides how rows are read; a manifest has it, and so has a model that has no manifest yet."""

    @property
    def signature(self) -> Signature:
        """The named inputs and outputs."""
        ...

    @property
    def tokenizer(self) -> Tokenizer | None:
        """Present when the model takes text."""
        ...


class RowEncoder:
    """
    Checks rows against a model's signature and turns them into arrays, one batch at a time.

    Safe to use from several threads.

    Args:
        model: Tells the signature and whether the model takes text.
        folder: The folder that holds the tokenizer's file.

    Raises:
        MissingExtra: The model takes text and `tokenizers` is not installed.
    """

    def __init__(self, model: TakesRows, folder: Path) -> None:
        self._inputs = model.signature.inputs
        self._outputs = model.signature.outputs
        self._settings = model.tokenizer
        self._tokenizer: Any = None
        self._vocabulary_size = 0
        if self._settings is not None:
            try:
                from tokenizers import Tokenizer
            except ImportError:
                raise MissingExtra("serving", "a model that takes text") from None
            self._tokenizer = Tokenizer.from_file(str(folder / self._settings.file))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self._settings.max_length)
            self._vocabulary_size = int(self._tokenizer.get_vocab_size())

    @property
    def pads(self) -> bool:
        """Whether rows of different length make one batch."""
        return self._settings is not None

    def encode(self, rows: Sequence[Any]) -> "dict[str, NDArray[Any]]":
        """
        Return one array for each input, padded to the longest row where the model takes text.

        A text longer than the model's maximum is cut; token ids beyond it are refused. The empty text is a valid row
        where the tokenizer adds special tokens.

        Raises:
            InvalidRow: A row does not fit the signature; carries the index of the first one that does not.
        """
        if not rows:
            raise InvalidRow(0, "no rows", "a request has at least one row", "send `inputs` with one row or more")
        return self.stack([self.encode_row(index, row) for index, row in enumerate(rows)])

    def encode_row(self, index: int, row: object) -> "dict[str, NDArray[Any]]":
        """
        Return one row's arrays, without the batch axis.

        Raises:
            InvalidRow: The row does not fit the signature; `index` is its place in the request.
        """
        if isinstance(row, dict):
            return self._named(index, cast("dict[str, object]", row))
        if self._settings is not None:
            return self._tokens(index, row)
        if isinstance(row, str):
            raise InvalidRow(index, "a text", "this model has no tokenizer", f"send {_expected(self._inputs)}")
        if len(self._inputs) > 1:
            names = ", ".join(f"`{spec.name}`" for spec in self._inputs)
            raise InvalidRow(index, _kind(row), f"this model has the inputs {names}", "send an object with these names")
        return {spec.name: _array(index, spec, row, {}) for spec in self._inputs}

    def stack(self, rows: "Sequence[Mapping[str, NDArray[Any]]]") -> "dict[str, NDArray[Any]]":
        """
        Return encoded rows as one batch, padded to the longest where the model takes text.

        Raises:
            InvalidRow: Rows of a model that does not take text differ in shape.
        """
        return {spec.name: self._batch(spec, [row[spec.name] for row in rows]) for spec in self._inputs}

    def answers(
        self, outputs: "Mapping[str, NDArray[Any]]", inputs: "Mapping[str, NDArray[Any]] | None" = None
    ) -> list[Any]:
        """
        Return one answer for each row: a nested list, or `{output: nested list}` where the model has several outputs.

        Args:
            outputs: What the session returned for the batch.
            inputs: The batch itself; given, an output with one value a token is cut to each row's own tokens.
        """
        columns = {spec.name: self._column(spec, outputs[spec.name], inputs) for spec in self._outputs}
        if len(columns) == 1:
            return next(iter(columns.values()))
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _named(self, index: int, row: dict[str, object]) -> "dict[str, NDArray[Any]]":
        names = [spec.name for spec in self._inputs]
        if missing := [name for name in names if name not in row]:
            raise InvalidRow(index, "an object", f"the input `{missing[0]}` is required", f"add `{missing[0]}`")
        if unknown := sorted(row.keys() - set(names)):
            allowed = ", ".join(f"`{name}`" for name in names)
            shown = _printable(unknown[0])
            raise InvalidRow(index, f"`{shown}`", f"the inputs are {allowed}", f"remove `{shown}`")
        if self._settings is not None:
            self._check_ids(index, row[TOKEN_IDS])
        axes: dict[str, int] = {}
        return {spec.name: _array(index, spec, row[spec.name], axes) for spec in self._inputs}

    def _tokens(self, index: int, row: object) -> "dict[str, NDArray[Any]]":
        import numpy as np

        ids = self._tokenize(index, row) if isinstance(row, str) else self._check_ids(index, row)
        values = {TOKEN_IDS: ids, TOKEN_MASK: [1] * len(ids)}
        return {spec.name: np.asarray(values.get(spec.name, [0] * len(ids)), dtype=spec.dtype) for spec in self._inputs}

    def _tokenize(self, index: int, text: str) -> list[int]:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidRow(index, "a text with a lone surrogate", "a text is valid Unicode", "repair it") from None
        # The call for several texts lets other threads run meanwhile, which one text of megabytes would stop for seconds.
        encoded = self._tokenizer.encode_batch([text])[0] if len(text) > LONG_TEXT else self._tokenizer.encode(text)
        ids: list[int] = encoded.ids
        if not ids:
            raise InvalidRow(
                index, f"{text[:LONGEST_NAME]!r}", "the tokenizer finds no token in it", "send a longer text"
            )
        return ids

    def _check_ids(self, index: int, row: object) -> list[int]:
        ids = cast("list[object]", row) if isinstance(row, list) else []
        if not ids or any(type(item) is not int for item in ids):
            raise InvalidRow(index, _kind(row), "a row is a text or a list of token ids", "send one of the two")
        numbers = cast("list[int]", ids)
        longest = self._settings.max_length if self._settings else 0
        if len(numbers) > longest:
            raise InvalidRow(index, f"{len(numbers)} token ids", f"at most {longest} are allowed", "send fewer")
        if not 0 <= min(numbers) <= max(numbers) < self._vocabulary_size:
            wrong = min(numbers) if min(numbers) < 0 else max(numbers)
            limit = self._vocabulary_size - 1
            raise InvalidRow(index, f"token id {wrong}", f"token ids are 0 to {limit}", "use this model's tokenizer")
        return numbers

    def _batch(self, spec: TensorSpec, arrays: "list[NDArray[Any]]") -> "NDArray[Any]":
        import numpy as np

        if self._settings is not None:
            padding = self._settings.pad_token_id if spec.name == TOKEN_IDS else 0
            batch = np.full((len(arrays), max(len(array) for array in arrays)), padding, dtype=spec.dtype)
            for row, array in zip(batch, arrays, strict=True):
                row[: len(array)] = array
            return batch
        for index, array in enumerate(arrays):
            if array.shape != arrays[0].shape:
                raise InvalidRow(
                    index,
                    f"`{spec.name}` of shape {array.shape}",
                    f"rows of one request have one shape, row 0 has {arrays[0].shape}",
                    "send it in a request of its own",
                )
        return np.stack(arrays)

    def _column(
        self, spec: TensorSpec, values: "NDArray[Any]", inputs: "Mapping[str, NDArray[Any]] | None"
    ) -> list[Any]:
        if self._settings is None or inputs is None or spec.shape[1:2] != (SEQUENCE,):
            answers: list[Any] = values.tolist()
            return answers
        lengths = inputs[TOKEN_MASK].sum(axis=1) if TOKEN_MASK in inputs else [values.shape[1]] * len(values)
        return [row[: int(length)].tolist() for row, length in zip(values, lengths, strict=True)]


def _array(index: int, spec: TensorSpec, value: object, axes: dict[str, int]) -> "NDArray[Any]":
    """Return one row's array after checking type, shape and range; `axes` holds the dynamic sizes seen so far."""
    import numpy as np

    shape, dtype = spec.shape[1:], np.dtype(spec.dtype)
    fix = f"send {_expected((spec,))}"
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        raise InvalidRow(index, "lists of unequal length", f"`{spec.name}` has one shape", fix) from None
    if array.dtype.kind not in ANSWER_KINDS.get(dtype.kind, "") or (
        dtype.kind == "f" and _holds_bool(value, array.ndim)
    ):
        raise InvalidRow(index, _kind(value), f"`{spec.name}` holds {spec.dtype} numbers", fix)
    if not _sizes_fit(array.shape, shape, axes):
        raise InvalidRow(index, f"the shape {array.shape}", f"`{spec.name}` has the shape {_shape(shape)}", fix)
    with np.errstate(over="ignore"):
        converted = array.astype(dtype)
    if not (np.isfinite(converted).all() if dtype.kind == "f" else (converted == array).all()):
        raise InvalidRow(index, f"a number that does not fit {spec.dtype}", "numbers are finite and in range", fix)
    return converted


def _holds_bool(value: object, dimensions: int) -> bool:
    """Return whether true or false is among numbers, in lists of lists; numpy takes them for 1 and 0."""
    items = iter([value])
    for _ in range(dimensions):
        items = chain.from_iterable(cast("Iterable[Iterable[object]]", items))
    return bool in set(map(type, items))


def _sizes_fit(sizes: Sequence[int], shape: Sequence[int | str], axes: dict[str, int]) -> bool:
    if len(sizes) != len(shape) or 0 in sizes:
        return False
    pairs = zip(sizes, shape, strict=True)
    return all(size == (axes.setdefault(axis, size) if isinstance(axis, str) else axis) for size, axis in pairs)


def _shape(shape: tuple[int | str, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _expected(specs: tuple[TensorSpec, ...]) -> str:
    return " and ".join(f"`{spec.name}`: {spec.dtype} numbers of shape {_shape(spec.shape[1:])}" for spec in specs)


def _kind(value: object) -> str:
    """Return what a JSON value is, in words short enough for an error; lists in a list are not looked into."""
    if not isinstance(value, list):
        return KINDS.get(type(value), "another type")
    items = {"lists" if isinstance(item, list) else _kind(item) for item in cast("list[object]", value)[:100]}
    return f"a list of {' and '.join(sorted(items))}" if items else "an empty list"


def _printable(name: str) -> str:
    """Return a caller's own word, cut, without the lone surrogates that no terminal and no answer can hold."""
    return name[:LONGEST_NAME].encode(errors="backslashreplace").decode()
