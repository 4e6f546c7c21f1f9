"""Rows that no cache has seen, as large as those that the prediction rests on."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizers.reference import read_reference
from optimizers.rows import RowEncoder
from optimizers.session import read_manifest
from optimizers.trial import rows_of_length

NOISE = 1e-3


def measured_rows(artifact_folder: Path, sequence_length: int | None) -> list[Any]:
    """
    Return the artifact's reference rows; as token ids of the measured length where it takes text.

    Raises:
        MissingExtra: The artifact takes text and `tokenizers` is not installed.
    """
    rows = read_reference(artifact_folder).inputs
    if sequence_length is None:
        return rows
    return list[Any](rows_of_length(rows, RowEncoder(read_manifest(artifact_folder), artifact_folder), sequence_length))


def distinct_rows(reference: list[Any], seed: int) -> Iterator[Any]:
    """
    Yield rows without end, each different, of the shapes of `reference` in turn.

    Texts get a numbered word, token ids change places between the first and the last, numbers get noise of 0.1 %.
    """
    source = random.Random(seed)  # noqa: S311 - decides a load, no secret
    for number, row in enumerate(itertools.cycle(reference)):
        yield _varied(row, source, number)


def _varied(row: Any, source: random.Random, number: int) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(row, str):
        return f"{row} {source.randrange(16**6):06x} {number}"
    if isinstance(row, dict):
        return {key: _varied(value, source, number) for key, value in row.items()}
    if isinstance(row, list) and row and all(isinstance(item, int) for item in row):
        inner = row[1:-1]
        source.shuffle(inner)
        return [*row[:1], *inner, *row[-1:]]
    if isinstance(row, list):
        return [_varied(item, source, number) for item in row]
    return row * (1 + NOISE * source.uniform(-1, 1)) if isinstance(row, float) else row
