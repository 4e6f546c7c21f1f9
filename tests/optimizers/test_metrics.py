"""Each metric agrees with scikit-learn or scipy, keeps its range, and takes batches in any order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import spearmanr  # type: ignore[import-untyped]
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from optimizers.accuracy import Accuracy, AccuracyLimits, judge
from optimizers.metrics import (
    METRICS,
    NO_LABEL,
    ClassCounts,
    Errors,
    MetricName,
    PairSimilarities,
    RankedScores,
    Retrieval,
    Scorer,
    TokenLikelihood,
)

seeds = st.integers(0, 2**32 - 1)
rows = st.integers(2, 40)
EXACT = 1e-9

Batch = tuple[Any, Mapping[str, Any]]


def scored(scorer: Scorer, *batches: Batch) -> dict[MetricName, float]:
    for answers, wanted in batches:
        scorer.add(answers, wanted)
    return scorer.scores()


def cut(answers: Any, wanted: Mapping[str, Any], size: int) -> list[Batch]:
    """The same rows in batches of this size."""
    return [
        (answers[start : start + size], {name: values[start : start + size] for name, values in wanted.items()})
        for start in range(0, len(answers), size)
    ]


def numbers(seed: int, count: int) -> dict[str, tuple[type[Scorer], Any, dict[str, Any]]]:
    """Random answers and what was to be answered, for each scorer of rows."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    labels[:2] = (0, 1)
    return {
        "classes": (ClassCounts, random.standard_normal((count, 5)), {"label": random.integers(0, 5, count)}),
        "ranked": (RankedScores, random.integers(0, 6, (count, 1)).astype(float), {"label": labels}),
        "errors": (Errors, random.standard_normal((count, 3)), {"target": 5 + random.standard_normal((count, 3))}),
    }


@given(seeds, rows)
def test_classes_are_counted_as_scikit_learn_counts_them(seed: int, count: int) -> None:
    _, answers, wanted = numbers(seed, count)["classes"]
    found = scored(ClassCounts(), *cut(answers, wanted, 7))
    best = answers.argmax(axis=1)

    assert found[MetricName.ACCURACY] == pytest.approx(accuracy_score(wanted["label"], best), abs=EXACT)
    assert found[MetricName.MACRO_F1] == pytest.approx(f1_score(wanted["label"], best, average="macro"), abs=EXACT)


@given(seeds, rows)
def test_the_area_under_the_curve_is_scikit_learn_s(seed: int, count: int) -> None:
    _, answers, wanted = numbers(seed, count)["ranked"]

    found = scored(RankedScores(), *cut(answers, wanted, 7))[MetricName.ROC_AUC]

    assert found == pytest.approx(roc_auc_score(wanted["label"], answers[:, 0]), abs=EXACT)


@given(seeds, rows, st.floats(-1e6, 1e6))
def test_errors_are_scikit_learn_s_however_far_from_zero_the_targets_lie(seed: int, count: int, offset: float) -> None:
    _, answers, wanted = numbers(seed, count)["errors"]
    answers, targets = answers + offset, wanted["target"] + offset
    scorer = Errors()

    found = scored(scorer, *cut(answers, {"target": targets}, 7))

    assert found[MetricName.RMSE] == pytest.approx(root_mean_squared_error(targets.ravel(), answers.ravel()), rel=1e-9)
    assert found[MetricName.MAE] == pytest.approx(mean_absolute_error(targets, answers), rel=1e-9)
    assert found[MetricName.R2] == pytest.approx(r2_score(targets, answers, multioutput="variance_weighted"), rel=1e-6)
    assert scorer.spread == pytest.approx(float(np.sqrt(targets.var(axis=0).mean())), rel=1e-6)


@given(seeds, st.integers(3, 30))
def test_similarities_are_ranked_as_scipy_ranks_them(seed: int, pairs: int) -> None:
    random = np.random.default_rng(seed)
    embeddings, wanted = random.standard_normal((2 * pairs, 4)), random.integers(0, 4, pairs).astype(float)
    assume(len(set(wanted.tolist())) > 1)

    found = scored(PairSimilarities(), *cut(embeddings, {"score": np.repeat(wanted, 2)}, 4))[MetricName.SPEARMAN]

    first, second = embeddings[0::2], embeddings[1::2]
    cosines = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
    assert found == pytest.approx(spearmanr(cosines, wanted)[0], abs=EXACT)


@given(seeds, st.integers(11, 40), st.integers(1, 5))
def test_recall_counts_the_relevant_documents_among_the_ten_nearest(seed: int, documents: int, queries: int) -> None:
    random = np.random.default_rng(seed)
    embeddings = random.standard_normal((documents + queries, 6)).astype(np.float32)
    relevant = tuple(frozenset(random.choice(documents, 3, replace=False).tolist()) for _ in range(queries))
    is_query = np.arange(documents + queries) >= documents

    found = scored(Retrieval(relevant), *cut(embeddings, {"is_query": is_query}, 5))[MetricName.RECALL_AT_10]

    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    nearest = [set(np.argsort(-(unit[:documents] @ query))[:10].tolist()) for query in unit[documents:]]
    assert found == pytest.approx(
        np.mean([len(near & right) / 3 for near, right in zip(nearest, relevant, strict=True)])
    )


@given(seeds, rows)
def test_perplexity_is_the_exponential_of_the_cross_entropy(seed: int, tokens: int) -> None:
    random = np.random.default_rng(seed)
    logits, ids = 9 * random.standard_normal((1, tokens, 11)).astype(np.float32), random.integers(0, 11, (1, tokens))

    found = scored(TokenLikelihood(), (logits, {"label": ids}))

    exact = logits[0, :-1].astype(np.float64)
    chances = np.exp(exact) / np.exp(exact).sum(axis=1, keepdims=True)
    right = chances[np.arange(tokens - 1), ids[0, 1:]]
    assert found[MetricName.PERPLEXITY] == pytest.approx(np.exp(-np.log(right).mean()), rel=1e-5)


@given(seeds, rows, st.integers(1, 9), st.sampled_from(["classes", "ranked", "errors"]))
def test_neither_order_nor_batches_change_a_score_and_it_stays_in_its_range(
    seed: int, count: int, size: int, kind: str
) -> None:
    make, answers, wanted = numbers(seed, count)[kind]
    order = np.random.default_rng(seed).permutation(count)
    mixed = cut(answers[order], {name: values[order] for name, values in wanted.items()}, size)

    whole, parts = scored(make(), (answers, wanted)), scored(make(), *mixed)

    assert parts == pytest.approx(whole)
    assert all(METRICS[name].lowest <= value <= METRICS[name].highest for name, value in whole.items())


def perfect(seed: int) -> Sequence[tuple[Scorer, Any, dict[str, Any]]]:
    random = np.random.default_rng(seed)
    labels, targets = random.permutation(np.arange(12) % 4), random.standard_normal((12, 2))
    angles = np.linspace(0, 1, 12)
    pairs = np.stack([np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]]) for angle in angles]).reshape(24, 2)
    documents = np.eye(12, dtype=np.float32)
    is_query = np.arange(24) >= 12
    return (
        (ClassCounts(), np.eye(4)[labels], {"label": labels}),
        (RankedScores(), (labels == 1).astype(float), {"label": (labels == 1).astype(int)}),
        (Errors(), targets, {"target": targets}),
        (PairSimilarities(), pairs, {"score": np.repeat(-angles, 2)}),
        (Retrieval([frozenset({place}) for place in range(12)]), np.vstack([documents] * 2), {"is_query": is_query}),
        (TokenLikelihood(), 1e4 * np.eye(4)[np.roll(labels, -1)][None], {"label": labels[None]}),
    )


@given(seeds)
def test_right_answers_score_best(seed: int) -> None:
    for scorer, answers, wanted in perfect(seed):
        for name, value in scored(scorer, (answers, wanted)).items():
            metric = METRICS[name]
            assert value == pytest.approx(metric.highest if metric.higher_is_better else metric.lowest), name


def test_padding_and_tokens_without_a_label_do_not_count() -> None:
    names = (MetricName.TOKEN_ACCURACY, MetricName.TOKEN_MACRO_F1)
    logits = np.eye(3)[[[0, 1, 2, 2]]]

    found = scored(ClassCounts(names), (logits, {"label": np.array([[0, 1, NO_LABEL, NO_LABEL]])}))

    assert found == {MetricName.TOKEN_ACCURACY: 1.0, MetricName.TOKEN_MACRO_F1: 1.0}


def test_classes_that_a_model_gives_itself_are_taken_as_they_are() -> None:
    found = scored(ClassCounts(), (np.array([[2], [1]]), {"label": np.array([2, 0])}))

    assert found[MetricName.ACCURACY] == 0.5


def test_a_class_that_is_no_place_such_as_that_of_an_outlier_is_a_wrong_answer_like_another() -> None:
    found = scored(ClassCounts(), (np.array([-1, 1, 10**12]), {"label": np.array([0, 1, 1])}))

    assert found == {MetricName.ACCURACY: 1 / 3, MetricName.MACRO_F1: (0 + 0 + 2 / 3 + 0) / 4}


@pytest.mark.parametrize(
    ("scorer", "answers", "wanted", "lack"),
    [
        (ClassCounts(), np.eye(2)[:1], {"label": np.array([NO_LABEL])}, "no token has a label"),
        (RankedScores(), np.array([0.1, 0.9]), {"label": np.array([1, 1])}, "all labels are the same"),
        (Errors(), np.array([[1.0], [2.0]]), {"target": np.array([[3.0], [3.0]])}, "all targets are the same"),
        (PairSimilarities(), np.eye(2), {"score": np.array([1.0, 1.0])}, "all scores are the same"),
        (Retrieval([]), np.eye(2), {"is_query": np.array([False, False])}, "no record is a query"),
        (Retrieval([frozenset({0})]), np.eye(2), {"is_query": np.array([False, True])}, "nearest of 1 documents"),
        (TokenLikelihood(), np.zeros((1, 1, 3)), {"label": np.array([[1]])}, "no text has two tokens"),
    ],
)
def test_data_that_tell_nothing_say_why(scorer: Scorer, answers: Any, wanted: Mapping[str, Any], lack: str) -> None:
    scorer.add(answers, wanted)

    assert lack in scorer.lack()


def verdict(metric: MetricName, original: float, value: float, spread: float = 0.0) -> Accuracy:
    return judge({metric: original}, {metric: value}, limits=AccuracyLimits(), spread=spread, rows=100)


@pytest.mark.parametrize(
    ("metric", "original", "at_limit", "beyond", "spread"),
    [
        (MetricName.ACCURACY, 0.97, 0.96, 0.9599, 0.0),
        (MetricName.SPEARMAN, 0.8, 0.79, 0.7899, 0.0),
        (MetricName.RMSE, 10.0, 10.5, 10.51, 50.0),
        (MetricName.PERPLEXITY, 20.0, 20.2, 20.21, 0.0),
    ],
)
def test_a_loss_up_to_the_limit_passes_and_a_larger_one_does_not(
    metric: MetricName, original: float, at_limit: float, beyond: float, spread: float
) -> None:
    assert verdict(metric, original, at_limit, spread).passed
    assert not verdict(metric, original, beyond, spread).passed


def test_answers_too_wrong_for_a_number_are_refused_all_the_same() -> None:
    original = {MetricName.RMSE: 1.0, MetricName.MAE: 1.0, MetricName.R2: 0.5}
    scores = scored(Errors(), (np.array([[1e200], [-1e200]]), {"target": np.array([[0.0], [1.0]])}))

    found = judge(original, scores, limits=AccuracyLimits(), spread=0.5, rows=2)

    assert not found.passed
    assert Accuracy.model_validate_json(found.model_dump_json()) == found


def test_better_than_the_original_passes() -> None:
    assert verdict(MetricName.ACCURACY, 0.9, 1.0).passed
    assert verdict(MetricName.PERPLEXITY, 20.0, 3.0).passed


def test_a_verdict_that_contradicts_its_numbers_is_no_verdict() -> None:
    with pytest.raises(ValueError, match=r"passed is True, and accuracy 0\.5 \(original 0\.9, limit 0\.89\) says"):
        Accuracy(metric=MetricName.ACCURACY, original=0.9, value=0.5, limit=0.89, rows=9, passed=True)
