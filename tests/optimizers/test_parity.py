"""Parity measures how near answers are, and nothing that cannot be compared passes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optimizers.goal import ParityThresholds
from optimizers.parity import compare
from optimizers.report import Parity
from optimizers.vocabulary import Prediction

STRICT = ParityThresholds(cosine=1.0, top1=1.0, max_error=0.0)
outputs = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-1000, 1000, width=32)
)
kinds = st.sampled_from(list(Prediction))


def parity(kind: Prediction, reference: Any, answer: Any, thresholds: ParityThresholds | None = None) -> Parity:
    return compare(
        kind,
        [{"y": np.asarray(reference, np.float32)}],
        [{"y": np.asarray(answer, np.float32)}],
        thresholds or ParityThresholds(),
    )


@given(kinds, outputs)
def test_identical_answers_pass_the_strictest_threshold(kind: Prediction, values: Any) -> None:
    assert parity(kind, values, values, STRICT).passed


@given(kinds, outputs, st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans(), st.data())
def test_nan_and_infinity_never_pass_on_either_side(
    kind: Prediction, values: Any, poison: float, in_reference: bool, data: st.DataObject
) -> None:
    broken = values.copy()
    broken.flat[data.draw(st.integers(0, values.size - 1))] = poison
    reference, answer = (broken, values) if in_reference else (values, broken)

    assert not parity(kind, reference, answer).passed


@given(kinds, outputs)
def test_answers_of_another_shape_never_pass(kind: Prediction, values: Any) -> None:
    assert not parity(kind, values, np.concatenate([values, values], axis=1)).passed
    assert not compare(kind, [{"y": values}], [{}], ParityThresholds()).passed


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Prediction.EMBEDDING, [[0.0, 1.0], [1.0, 1.0]], 0.0),
        (Prediction.EMBEDDING, [[-1.0, 0.0], [1.0, 1.0]], -1.0),
        (Prediction.CLASSIFICATION, [[0.0, 1.0], [1.0, 1.0]], 0.5),
        (Prediction.NUMERIC, [[1.5, 0.0], [1.0, 1.0]], 0.25),
    ],
)
def test_the_worst_row_decides_and_classes_are_counted(kind: Prediction, answer: Any, value: float) -> None:
    assert parity(kind, [[1.0, 0.0], [1.0, 1.0]], answer).value == pytest.approx(value)


def test_a_value_exactly_at_the_threshold_passes() -> None:
    reference, answer = [[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]

    assert parity(Prediction.CLASSIFICATION, reference, answer, ParityThresholds(top1=0.5)).passed
    assert not parity(Prediction.CLASSIFICATION, reference, answer, ParityThresholds(top1=0.51)).passed
    assert parity(Prediction.NUMERIC, [[1.0]], [[1.5]], ParityThresholds(max_error=0.25)).passed


def test_a_classifier_with_a_single_score_does_not_agree_with_just_any_score() -> None:
    assert not parity(Prediction.CLASSIFICATION, [[0.9], [0.1]], [[0.1], [0.9]]).passed
    assert parity(Prediction.CLASSIFICATION, [[0.9], [0.1]], [[0.9001], [0.1]]).passed


def test_each_token_of_a_token_classifier_counts() -> None:
    reference = np.eye(4)[[[0, 1, 2, 3]]]
    answer = np.eye(4)[[[0, 1, 2, 0]]]

    assert parity(Prediction.CLASSIFICATION, reference, answer).value == pytest.approx(0.75)


def test_padding_does_not_count_among_the_tokens() -> None:
    reference = np.eye(4)[[[0, 1, 2, 3], [0, 1, 0, 0]]]
    answer = np.eye(4)[[[0, 1, 2, 0], [0, 1, 3, 3]]]
    batch = [{"attention_mask": np.array([[1, 1, 1, 1], [1, 1, 0, 0]])}]

    def found(kind: Prediction, inputs: Any) -> Parity:
        return compare(kind, [{"logits": reference}], [{"logits": answer}], ParityThresholds(top1=0.8), inputs)

    assert found(Prediction.TOKENS, batch).value == pytest.approx(5 / 6)
    assert found(Prediction.TOKENS, batch).passed
    assert found(Prediction.TOKENS, None).value == pytest.approx(5 / 8)
    assert found(Prediction.CLASSIFICATION, batch).value == pytest.approx(5 / 8)


def test_of_a_token_model_only_the_scores_of_tokens_are_compared() -> None:
    logits, cache = np.eye(4)[[[0, 1, 2, 3]]], np.zeros((1, 2, 4, 3))
    noisy = cache + np.arange(24).reshape(1, 2, 4, 3) % 5

    parity = compare(
        Prediction.TOKENS, [{"logits": logits, "cache": cache}], [{"logits": logits, "cache": noisy}], STRICT
    )

    assert (parity.metric, parity.value, parity.samples) == ("top1", 1.0, 1)


def test_batches_are_compared_as_they_come() -> None:
    reference = [{"y": np.ones((2, 3))}, {"y": np.ones((1, 3))}]

    parity = compare(Prediction.NUMERIC, iter(reference), iter(reference), STRICT)

    assert (parity.samples, parity.passed) == (3, True)


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_classes_that_are_answered_as_numbers_are_equal_or_not(shape: tuple[int, ...]) -> None:
    reference, answer = np.array([100, 200]).reshape(shape), np.array([101, 200]).reshape(shape)

    found = compare(Prediction.CLASSIFICATION, [{"y": reference}], [{"y": answer}], ParityThresholds())

    assert found.value == 0.5


@pytest.mark.parametrize(
    ("prediction", "asked"), [(Prediction.EMBEDDING, 2), (Prediction.NUMERIC, 2), (Prediction.CLASSIFICATION, 4)]
)
def test_in_haste_no_more_is_asked_once_a_batch_shows_that_parity_fails(prediction: Prediction, asked: int) -> None:
    right, wrong = np.array([[1.0, 2.0]]), np.array([[2.0, -1.0]])
    taken = list[int]()

    def answers() -> Iterator[dict[str, Any]]:
        for place, rows in enumerate((right, wrong, right, right)):
            taken.append(place)
            yield {"output": rows}

    verdict = compare(prediction, [{"output": right}] * 4, answers(), ParityThresholds(), hasty=True)

    assert not verdict.passed
    assert len(taken) == verdict.samples == asked
