"""The loaded artifact: encodes rows, runs batches, answers."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.artifact import REFERENCE_NAME
from optimizers.rows import RowEncoder
from optimizers.session import open_session, read_manifest

if TYPE_CHECKING:
    from numpy.typing import NDArray


NOT_FINITE = object()


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A row that fits the model: as it came, and as arrays without the batch axis."""

    row: Any
    arrays: "dict[str, NDArray[Any]]"


class ServedModel:
    """
    An artifact that answers rows.

    Args:
        folder: The artifact folder.
        threads: Threads that compute one call.
        max_batch_size: Most rows in one call; warm-up goes up to it.
        streams: Calls that are computed at once.

    Raises:
        ArtifactError: The artifact cannot be loaded.
        MissingExtra: Its runtime is not installed.
    """

    def __init__(self, folder: Path, threads: int, max_batch_size: int, streams: int = 1) -> None:
        manifest = read_manifest(folder)
        self._max_batch_size = max_batch_size
        self._takes_text = manifest.tokenizer is not None
        self._encoder = RowEncoder(manifest, folder)
        self._session = open_session(folder, threads, streams)
        self._reference: list[Any] = json.loads((folder / REFERENCE_NAME).read_text())["inputs"]

    def encode(self, index: int, row: object) -> EncodedRow:
        """
        Check one row.

        Raises:
            InvalidRow: It does not fit the model; `index` is its place in the request.
        """
        return EncodedRow(row, self._encoder.encode_row(index, row))

    def answer(self, rows: Sequence[EncodedRow]) -> list[Any]:
        """
        Return one answer for each row, in one call of the model for each shape of row.

        The answer is `NOT_FINITE` where it holds NaN or infinity, which JSON cannot say; the other rows keep theirs.
        """
        groups = defaultdict[tuple[Any, ...], list[int]](list)
        for index, row in enumerate(rows):
            # Texts of any length are padded to one batch; other rows are batched with their like.
            groups[() if self._takes_text else tuple(array.shape for array in row.arrays.values())].append(index)
        answers: list[Any] = [None] * len(rows)
        for indices in groups.values():
            inputs = self._encoder.stack([rows[index].arrays for index in indices])
            outputs = self._session.run(inputs)
            finite = _all_finite(outputs.values())
            for index, answer in zip(indices, self._encoder.answers(outputs, inputs), strict=True):
                answers[index] = answer if finite or _is_finite(answer) else NOT_FINITE
        return answers

    def warm_up(self, calls: int) -> None:
        """Answer the reference rows in batches of 1, 2, 4, … rows, so that the first real request is not the slow one."""
        rows = [self.encode(index, row) for index, row in enumerate(self._reference)]
        size = 1
        while size <= self._max_batch_size:
            batch = [rows[index % len(rows)] for index in range(size)]
            for _ in range(calls):
                self.answer(batch)
            size *= 2


def _all_finite(arrays: "Iterable[NDArray[Any]]") -> bool:
    import numpy as np

    return all(bool(np.isfinite(array).all()) for array in arrays)


def _is_finite(answer: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether one row's own answer is finite: its neighbour's, or its padding, may be what is not."""
    import numpy as np

    return _all_finite(np.asarray(value) for value in (answer.values() if isinstance(answer, dict) else (answer,)))
