import math

from hypothesis import given
from hypothesis import strategies as st

from components.capacity import HIGHEST_UNBATCHED_UTILIZATION, Prediction, predict
from optimizers.report import Interval, Measurement


def measured(batch_size: int, p50_ms: float, p99_ms: float, squared_variation: float = 0.0) -> Measurement:
    return Measurement(
        batch_size=batch_size,
        concurrency=1,
        samples=100,
        p50=Interval(value_ms=p50_ms, low_ms=p50_ms, high_ms=p50_ms),
        p99=Interval(value_ms=p99_ms, low_ms=p99_ms, high_ms=p99_ms),
        throughput_rps=1000 * batch_size / p50_ms,
        squared_variation=squared_variation,
    )


def exact_md1_wait_below(limit_ms: float, utilization: float, service_ms: float) -> float:
    """P(W <= t) of the M/D/1 queue (Erlang 1909; Tijms 2003, A First Course in Stochastic Models, eq. 9.3.8)."""
    arrivals = utilization / service_ms
    terms = int(limit_ms // service_ms)
    total = sum(
        (arrivals * (k * service_ms - limit_ms)) ** k
        / math.factorial(k)
        * math.exp(-arrivals * (k * service_ms - limit_ms))
        for k in range(terms + 1)
    )
    return (1 - utilization) * total


def test_an_idle_server_answers_in_its_service_time() -> None:
    prediction = predict((measured(1, 10, 10),), rate_rps=0.001, overhead_ms=2)

    assert prediction.p50_ms is not None
    assert prediction.p99_ms is not None
    assert abs(prediction.p50_ms - 12) < 0.01
    assert abs(prediction.p99_ms - 12) < 0.05


def test_the_tail_agrees_with_the_exact_queue_for_constant_service() -> None:
    for utilization in (0.3, 0.5, 0.7, 0.8):
        prediction = predict((measured(1, 10, 10),), rate_rps=utilization * 100, overhead_ms=0)
        assert prediction.p99_ms is not None

        probability = exact_md1_wait_below(prediction.p99_ms - 10, utilization, 10)

        assert 0.97 < probability < 0.999


def test_a_load_over_capacity_has_no_predicted_latency() -> None:
    prediction = predict((measured(1, 10, 12), measured(8, 40, 44)), rate_rps=1000, overhead_ms=2)

    assert prediction.p99_ms is None
    assert prediction.utilization > 1


def test_batches_carry_a_load_that_single_calls_cannot() -> None:
    prediction = predict((measured(1, 10, 12), measured(8, 20, 24)), rate_rps=150, overhead_ms=2)

    assert prediction.batch_size == 8
    assert prediction.p99_ms == 2 * 24 + 2


durations = st.floats(0.5, 500)


@given(
    p50_ms=durations,
    spread=st.floats(1, 3),
    overhead_ms=st.floats(0, 10),
    shares=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)),
)
def test_latency_never_falls_when_the_load_grows(
    p50_ms: float, spread: float, overhead_ms: float, shares: tuple[float, float]
) -> None:
    measurements = (measured(1, p50_ms, p50_ms * spread, 0.2),)
    capacity = predict(measurements, 0.001, overhead_ms).capacity_rps
    light, heavy = (
        predict(measurements, share * capacity * HIGHEST_UNBATCHED_UTILIZATION, overhead_ms) for share in sorted(shares)
    )

    assert light.p50_ms is not None
    assert light.p99_ms is not None
    assert heavy.p50_ms is not None
    assert heavy.p99_ms is not None
    assert light.p50_ms <= heavy.p50_ms + 1e-6
    assert light.p99_ms <= heavy.p99_ms + 1e-6


@given(p50_ms=durations, spread=st.floats(1, 5), rate_rps=st.floats(0.01, 5000), overhead_ms=st.floats(0, 10))
def test_a_prediction_is_ordered_and_round_trips(
    p50_ms: float, spread: float, rate_rps: float, overhead_ms: float
) -> None:
    measurements = (measured(1, p50_ms, p50_ms * spread, 0.1), measured(8, 4 * p50_ms, 4 * p50_ms * spread, 0.1))

    prediction = predict(measurements, rate_rps, overhead_ms)

    assert Prediction.model_validate_json(prediction.model_dump_json()) == prediction
    assert (prediction.p99_ms is None) == (prediction.utilization > 1)
    if prediction.p50_ms is not None and prediction.p99_ms is not None:
        assert p50_ms <= prediction.p50_ms * 1.01
        assert prediction.p50_ms <= prediction.p99_ms


@given(st.floats(min_value=0.1, max_value=0.999), st.floats(min_value=1, max_value=3))
def test_a_batch_that_answers_no_more_rows_a_second_changes_nothing(utilization: float, tail: float) -> None:
    single, useless = measured(1, 10, 10 * tail, 0.1), measured(8, 100, 100 * tail, 0.1)
    rate_rps = utilization / 0.010

    alone = predict((single,), rate_rps, overhead_ms=0)

    assert predict((single, useless), rate_rps, overhead_ms=0) == alone
    assert alone.model.startswith("M/G/1")


@given(st.lists(st.floats(min_value=0.01, max_value=0.99), min_size=2, max_size=2, unique=True))
def test_without_batches_more_load_is_never_faster(utilizations: list[float]) -> None:
    low, high = (predict((measured(1, 10, 15, 0.2),), share * 100, overhead_ms=0) for share in sorted(utilizations))

    assert low.p99_ms is not None
    assert high.p99_ms is not None
    assert low.p99_ms <= high.p99_ms * (1 + 1e-9)
