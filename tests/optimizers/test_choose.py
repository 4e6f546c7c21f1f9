"""The fastest candidate that answers like the original is chosen, and every other one says why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.accuracy import Accuracy
from optimizers.choose import choose
from optimizers.errors import ArtifactError, ParityError
from optimizers.metrics import MetricName
from optimizers.report import ORIGINAL, CandidateReport, Parity
from optimizers.vocabulary import Precision, Runtime
from tests.support.locked_model import measurement


def candidate(name: str, p50_ms: float, cosine: float | None) -> CandidateReport:
    parity = None
    if cosine is not None:
        parity = Parity(metric="cosine", value=cosine, threshold=0.999, samples=4, passed=cosine >= 0.999)
    return CandidateReport(
        name=name,
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        size_bytes=1,
        parity=parity,
        measurements=(measurement(p50_ms, 2 * p50_ms),),
        verdict="not built: no reason",
    )


original = candidate(ORIGINAL, 10, None)
cosines = st.one_of(st.none(), st.floats(min_value=-1, max_value=1))


@given(st.lists(st.tuples(st.floats(0.1, 100), cosines), min_size=1, max_size=6))
def test_what_is_chosen_passed_parity_and_nothing_that_passed_is_faster(
    drawn: list[tuple[float, float | None]],
) -> None:
    candidates = [candidate(f"c{index}", p50_ms, cosine) for index, (p50_ms, cosine) in enumerate(drawn)]
    passed = [item for item in candidates if item.parity and item.parity.passed]
    if not passed:
        with pytest.raises(ParityError, match=r"relax `optimization\.parity`"):
            choose([original, *candidates])
        return

    name, judged = choose([original, *candidates])

    best = next(item for item in passed if item.name == name)
    assert best.measurements[0].p50.value_ms == min(item.measurements[0].p50.value_ms for item in passed)
    assert all(item.verdict for item in judged)
    assert [item.name for item in judged if item.verdict.startswith("chosen")] == [name]


def scored(item: CandidateReport, value: float) -> CandidateReport:
    accuracy = Accuracy(
        metric=MetricName.ACCURACY, original=0.95, value=value, limit=0.94, rows=100, passed=value >= 0.94
    )
    return item.model_copy(update={"accuracy": accuracy})


def test_where_there_are_labels_they_decide_and_parity_is_told() -> None:
    right, near = scored(candidate("right", 5, 0.9), 0.96), scored(candidate("near", 1, 1), 0.9)

    name, judged = choose([original, right, near])

    verdicts = {item.name: item.verdict for item in judged}
    assert name == "right"
    assert verdicts["right"].endswith("accuracy 0.96 (original 0.95, limit 0.94); cosine 0.9 (limit 0.999)")
    assert verdicts["near"] == "refused: accuracy 0.9 is under the limit 0.94; the original has 0.95"


def test_each_verdict_says_why() -> None:
    found = choose([original, candidate("fast", 5, 0.9999), candidate("slow", 8, 1), candidate("wrong", 1, 0.9)])[1]

    verdicts = {item.name: item.verdict for item in found}
    assert "2.00x the original's speed" in verdicts["fast"]
    assert verdicts["slow"] == "slower: p50 8.00 ms, fast has 5.00 ms"
    assert verdicts["wrong"] == "refused: cosine 0.9 is under the limit 0.999"


def test_an_artifact_slower_than_the_original_says_so() -> None:
    verdict = choose([original, candidate("only", 20, 1)])[1][1].verdict

    assert "slower than the original (0.50x the original's speed)" in verdict


def test_what_is_computed_in_the_place_of_its_own_runtime_is_never_the_fastest() -> None:
    stand_in = candidate("coreml-fp16", 1, 1).model_copy(update={"runtime": Runtime.COREML})

    chosen, _ = choose([original, stand_in, candidate("ort-mobile-fp32", 5, 1)])

    assert chosen == "ort-mobile-fp32"


def test_right_but_not_measured_is_no_matter_of_parity() -> None:
    large = candidate("large", 5, 1).model_copy(
        update={"measurements": (), "verdict": "not measured: it takes 9.0 GiB of memory, 2.0 GiB are free"}
    )

    with pytest.raises(
        ArtifactError, match=r"could be measured here \(large: not measured: it takes 9.*; free mem"
    ) as raised:
        choose([original, large, candidate("wrong", 1, 0.9)])

    assert not isinstance(raised.value, ParityError)


def test_what_only_another_library_computed_is_told_where_nothing_else_is_right() -> None:
    untimed = candidate("coreml", 5, 1).model_copy(
        update={"runtime": Runtime.COREML, "measurements": (), "verdict": ""}
    )

    with pytest.raises(ArtifactError, match=r"coreml: not timed: another library.*relax `optimization\.parity`"):
        choose([original, untimed, candidate("wrong", 1, 0.9)])
