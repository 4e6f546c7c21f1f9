"""How near a candidate's answers are to the original's, on the same inputs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optimizers.goal import ParityThresholds
from optimizers.report import Parity
from optimizers.rows import TOKEN_MASK
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray


WORST_COSINE = -1.0
SHARES = frozenset({Prediction.CLASSIFICATION, Prediction.TOKENS})
# The default of `optimization.parity.max_error`.
SAME_SCORE_ERROR = 1e-2
# Rows, tokens, classes.
TOKEN_AXES = 3
WORST_ERROR = sys.float_info.max


def compare(  # noqa: PLR0913 - what is compared, and how
    prediction: Prediction,
    references: "Iterable[Mapping[str, NDArray[Any]]]",
    answers: "Iterable[Mapping[str, NDArray[Any]]]",
    thresholds: ParityThresholds,
    inputs: "Sequence[Mapping[str, NDArray[Any]]] | None" = None,
    *,
    hasty: bool = False,
) -> Parity:
    """
    Compare a candidate's outputs with the original's, batch by batch.

    Args:
        prediction: Decides the metric.
        references: The original's outputs, one mapping a batch; axis 0 of each array is the row.
        answers: The candidate's, for the same batches.
        thresholds: One for each kind of prediction.
        inputs: The batches themselves; given, tokens that are only padding do not count.
        hasty: Ask for no more answers once one batch shows that parity fails; the value is then that of the batches so far.

    Returns:
        The worst row's cosine, the share of equal top classes or tokens, or the largest relative error. An answer that is
        missing, of another shape, NaN or infinite counts as the worst possible one.
    """
    rows, scores = 0, list[list[float]]()
    for place, (batch, answer) in enumerate(zip(references, answers, strict=True)):
        mask = inputs[place].get(TOKEN_MASK) if inputs is not None else None
        rows += len(next(iter(batch.values())))
        found = [_score(prediction, batch[name], answer.get(name), mask) for name in _compared(prediction, batch)]
        scores += found
        # Of classes a share counts, which later rows may mend.
        if hasty and prediction not in SHARES and not _verdict(prediction, found, rows, thresholds).passed:
            break
    return _verdict(prediction, scores, rows, thresholds)


def _verdict(
    prediction: Prediction, scores: Sequence[Sequence[float]], rows: int, thresholds: ParityThresholds
) -> Parity:
    if prediction is Prediction.EMBEDDING:
        cosine = min(min(score) for score in scores)
        return Parity(
            metric="cosine", value=cosine, threshold=thresholds.cosine, samples=rows, passed=cosine >= thresholds.cosine
        )
    if prediction in SHARES:
        equal = [value for score in scores for value in score]
        top1 = sum(equal) / len(equal)
        return Parity(
            metric="top1", value=top1, threshold=thresholds.top1, samples=rows, passed=top1 >= thresholds.top1
        )
    error = max(max(score) for score in scores)
    return Parity(
        metric="max_error",
        value=error,
        threshold=thresholds.max_error,
        samples=rows,
        passed=error <= thresholds.max_error,
    )


def _compared(prediction: Prediction, batch: "Mapping[str, NDArray[Any]]") -> list[str]:
    """Return the outputs that are compared: of a token model those with scores for each token, where it has any."""
    tokens = [name for name, values in batch.items() if values.ndim == TOKEN_AXES]
    return tokens if tokens and prediction is Prediction.TOKENS else list(batch)


def _score(
    prediction: Prediction,
    reference: "NDArray[Any]",
    answer: "NDArray[Any] | None",
    mask: "NDArray[Any] | None",
) -> list[float]:
    """Return one score a row: cosine, 1 or 0 for the same class or not, or the largest error; of tokens one a token."""
    import numpy as np

    if prediction is Prediction.TOKENS and reference.ndim == TOKEN_AXES:
        return _same_tokens(reference, answer, mask)
    worst = {
        Prediction.EMBEDDING: WORST_COSINE,
        Prediction.CLASSIFICATION: 0.0,
        Prediction.TOKENS: 0.0,
        Prediction.NUMERIC: WORST_ERROR,
    }
    count = len(reference)
    if answer is None or answer.shape != reference.shape:
        return [worst[prediction]] * count
    expected = reference.reshape(count, -1).astype(np.float64)
    found = answer.reshape(count, -1).astype(np.float64)
    finite = np.isfinite(found).all(axis=1) & np.isfinite(expected).all(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        if prediction is Prediction.EMBEDDING:
            scores = _cosine(expected, found)
        elif prediction in {Prediction.CLASSIFICATION, Prediction.TOKENS}:
            scores = _same_class(reference, answer)
        else:
            scores = _error(expected, found)
    values: list[float] = np.where(finite, scores, worst[prediction]).tolist()
    return values


def _same_tokens(reference: "NDArray[Any]", answer: "NDArray[Any] | None", mask: "NDArray[Any] | None") -> list[float]:
    """Return 1 or 0 for each token, padding left out; arrays are `(rows, tokens, classes)`."""
    import numpy as np

    counted = np.ones(reference.shape[:2], bool) if mask is None or mask.shape != reference.shape[:2] else mask != 0
    if answer is None or answer.shape != reference.shape:
        return [0.0] * int(counted.sum())
    equal = reference.argmax(axis=-1) == answer.argmax(axis=-1)
    finite = np.isfinite(reference).all(axis=-1) & np.isfinite(answer).all(axis=-1)
    same: list[float] = (equal & finite)[counted].astype(float).tolist()
    return same


def _error(expected: "NDArray[Any]", found: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    error: NDArray[Any] = (np.abs(found - expected) / (1 + np.abs(expected))).max(axis=1)
    return error


def _same_class(reference: "NDArray[Any]", answer: "NDArray[Any]") -> "NDArray[Any]":
    """Return for each row the share of equal top classes; classes lie on the last axis, tokens may lie before it."""
    import numpy as np

    count = len(reference)
    if reference.ndim == 1 or reference.shape[-1] == 1:
        if reference.dtype.kind != "f":
            # The class itself: 100 and 101 are near as numbers and are two classes.
            same: NDArray[Any] = (reference == answer).reshape(count, -1).all(axis=1).astype(np.float64)
            return same
        # A single score has no top class, and where its threshold lies is not known: it must be the same score.
        flat = (array.reshape(count, -1).astype(np.float64) for array in (reference, answer))
        return (_error(*flat) <= SAME_SCORE_ERROR).astype(np.float64)
    equal: NDArray[Any] = (reference.argmax(axis=-1) == answer.argmax(axis=-1)).reshape(count, -1).mean(axis=1)
    return equal


def _cosine(expected: "NDArray[Any]", found: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    product = (expected * found).sum(axis=1)
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
    equal = (expected == found).all(axis=1)
    # A zero vector has no direction: equal ones agree, others do not.
    cosine = np.where(lengths > 0, np.clip(product / np.where(lengths > 0, lengths, 1), -1, 1), 0.0)
    return np.where(equal, 1.0, cosine)
