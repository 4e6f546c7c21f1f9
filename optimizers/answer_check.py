"""Answers that cannot be right, whatever they are compared with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


class WrongAnswer(Exception):
    """An output is missing, of another type or shape than the original's, or not finite; the text names it and the row."""


def refuse_wrong(expected: "Mapping[str, NDArray[Any]]", answer: "Mapping[str, NDArray[Any]]", first_row: int) -> None:
    """
    Return if every output has the original's type and shape and holds finite numbers only.

    Args:
        expected: The original's outputs for a batch; axis 0 of each array is the row.
        answer: The candidate's.
        first_row: The batch's first row among all samples, counted from 0.

    Raises:
        WrongAnswer: With the output's name and the sample.
    """
    for name, right in expected.items():
        found = answer.get(name)
        if found is None:
            raise WrongAnswer(f"it has no output `{name}`")
        if found.dtype != right.dtype:
            raise WrongAnswer(f"output `{name}` is {found.dtype}, the original's is {right.dtype}")
        if found.shape != right.shape:
            raise WrongAnswer(
                f"output `{name}` has the shape {found.shape} for {_samples(first_row, len(right))}, the original's has {right.shape}"
            )
        row = first_not_finite(found)
        if row is not None:
            raise WrongAnswer(f"output `{name}` is NaN or infinite for sample {first_row + row} (counted from 0)")


def first_not_finite(values: "NDArray[Any]") -> int | None:
    """Return the first row of an array `(rows, …)` that holds NaN or an infinity; None where all are finite."""
    import numpy as np

    finite = np.isfinite(values)
    if finite.all():
        return None
    return int(np.argmin(finite.reshape(len(values), -1).all(axis=1)))


def _samples(first: int, count: int) -> str:
    return f"sample {first} (counted from 0)" if count == 1 else f"samples {first} to {first + count - 1}"
