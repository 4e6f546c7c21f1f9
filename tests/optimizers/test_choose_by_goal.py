"""Each goal chooses by its own rule, and every other candidate says why it lost under it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.choose import best_of, choose
from optimizers.contender import Loss
from optimizers.report import ORIGINAL, CandidateReport, Interval, Measurement, Parity
from optimizers.vocabulary import Objective, Precision, Runtime
from tests.support.locked_model import measurement

SLA_MS = 50.0


def candidate(name: str, *measured: Measurement, size_mb: float = 1, cosine: float | None = 1) -> CandidateReport:
    parity = None
    if cosine is not None:
        parity = Parity(metric="cosine", value=cosine, threshold=0.999, samples=4, passed=cosine >= 0.999)
    return CandidateReport(
        name=name,
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        size_bytes=round(size_mb * 1e6),
        parity=parity,
        measurements=measured,
        verdict="",
    )


ORIGINAL_REPORT = candidate(ORIGINAL, measurement(20, 25), cosine=None)


def verdicts(
    objective: Objective, *candidates: CandidateReport, losses: dict[str, Loss] | None = None
) -> dict[str, str]:
    chosen, judged = choose([ORIGINAL_REPORT, *candidates], objective, SLA_MS, losses)
    found = {item.name: item.verdict for item in judged}
    assert [name for name, verdict in found.items() if verdict.startswith("chosen:")] == [chosen]
    return found


def test_the_smallest_within_the_sla_is_chosen_however_slow() -> None:
    found = verdicts(
        Objective.SMALLEST,
        candidate("fast", measurement(5, 6), size_mb=90),
        candidate("small", measurement(30, 45), size_mb=23),
        candidate("late", measurement(30, 60), size_mb=10),
    )

    assert found["small"] == (
        "chosen: smallest within the SLA, 23.0 MB, p99 45.00 ms for one row (50 ms allowed), slower than the original (0.67x "
        "the original's speed), which only the build can run, cosine 1 (limit 0.999)"
    )
    assert found["fast"] == "larger: 90.0 MB, small has 23.0 MB"
    assert found["late"] == "too slow: p99 60.00 ms is over the SLA of 50 ms"


def test_of_equally_small_ones_the_faster_is_chosen() -> None:
    found = verdicts(Objective.SMALLEST, candidate("fast", measurement(5, 6)), candidate("slow", measurement(9, 12)))

    assert found["slow"] == "slower: p50 9.00 ms, fast has 5.00 ms"


@pytest.mark.parametrize("objective", [Objective.SMALLEST, Objective.CHEAPEST])
def test_where_none_is_within_the_sla_the_fastest_is_chosen_and_says_so(objective: Objective) -> None:
    found = verdicts(
        objective,
        candidate("small", measurement(80, 90), size_mb=1),
        candidate("fast", measurement(60, 70), size_mb=9),
    )

    assert found["fast"].startswith(
        "chosen: none has a p99 within the SLA of 50 ms, so the lowest p50, 60.00 ms for one row (p99 70.00 ms)"
    )
    assert found["small"] == "slower: p50 80.00 ms, fast has 60.00 ms"


def test_the_cheapest_answers_most_rows_within_the_sla() -> None:
    found = verdicts(
        Objective.CHEAPEST,
        candidate("fast", measurement(5, 6), measurement(40, 45, batch_size=8)),
        candidate("wide", measurement(8, 9), measurement(32, 40, batch_size=8), measurement(60, 70, batch_size=32)),
        candidate("late", measurement(60, 70)),
    )

    assert found["wide"].startswith(
        "chosen: cheapest, 250 rows/s within the SLA of 50 ms, and on one machine a request costs"
    )
    assert found["fast"] == "dearer: 200 rows/s within the SLA, wide answers 250, so a request costs 1.25x as much"
    assert found["late"] == "too slow: p99 70.00 ms is over the SLA of 50 ms"


def test_one_that_dropped_out_is_not_chosen_and_says_in_which_round() -> None:
    loss = Loss(round_number=1, shown="p50 8.00 ms", best="fast", best_shown="p50 5.00 ms")

    found = verdicts(
        Objective.FASTEST,
        candidate("fast", measurement(5, 6)),
        candidate("dropped", measurement(1, 2)),
        losses={"dropped": loss},
    )

    assert found["dropped"] == "slower: p50 8.00 ms in round 1, fast had p50 5.00 ms"


def test_one_that_was_not_measured_keeps_its_verdict() -> None:
    unmeasured = candidate("huge").model_copy(update={"verdict": "not measured: it takes 9.0 GiB"})

    assert verdicts(Objective.FASTEST, candidate("a", measurement(5, 6)), unmeasured)["huge"] == unmeasured.verdict


@given(
    st.sampled_from(Objective),
    st.lists(
        st.tuples(st.floats(0.1, 100), st.floats(1, 3), st.integers(1, 100), st.booleans()), min_size=1, max_size=6
    ),
)
def test_nothing_within_the_sla_is_better_than_what_is_chosen(
    objective: Objective, drawn: list[tuple[float, float, int, bool]]
) -> None:
    candidates = [
        candidate(f"c{place}", measurement(p50_ms, tail * p50_ms), size_mb=size, cosine=1 if passes else 0.5)
        for place, (p50_ms, tail, size, passes) in enumerate([*drawn, (7.0, 1.0, 50, True)])
    ]

    name, judged = choose([ORIGINAL_REPORT, *candidates], objective, SLA_MS)

    chosen = next(item for item in candidates if item.name == name)
    passed = [item for item in candidates if item.parity and item.parity.passed]
    within = [item for item in passed if item.measurements[0].p99.value_ms <= SLA_MS]
    assert chosen in (passed if objective is Objective.FASTEST else within)
    if objective is Objective.FASTEST:
        assert chosen.measurements[0].p50.value_ms == min(item.measurements[0].p50.value_ms for item in passed)
    elif objective is Objective.SMALLEST:
        assert chosen.size_bytes == min(item.size_bytes for item in within)
    else:
        assert chosen.best_throughput_rps == max(item.best_throughput_rps or 0 for item in within)
    assert all(item.verdict for item in judged)


def timed(p50: tuple[float, float, float], rows_per_second: float) -> Measurement:
    low, value, high = p50
    interval = Interval(value_ms=value, low_ms=low, high_ms=high)
    return measurement(value, value).model_copy(update={"p50": interval, "throughput_rps": rows_per_second})


def test_of_configurations_that_are_equally_fast_the_one_counts_that_answers_more() -> None:
    threads, streams = (timed((4.9, 5.0, 5.1), 200),), (timed((5.0, 5.05, 5.2), 390),)

    assert best_of([threads, streams], Objective.FASTEST, SLA_MS) == 1


def test_of_configurations_the_faster_one_counts_however_much_the_other_answers() -> None:
    threads, streams = (timed((4.9, 5.0, 5.1), 200),), (timed((9.0, 9.1, 9.2), 390),)

    assert best_of([threads, streams], Objective.FASTEST, SLA_MS) == 0
    assert best_of([threads, streams], Objective.CHEAPEST, SLA_MS) == 1
