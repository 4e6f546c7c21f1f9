"""The closed form explains, the simulation decides where the formula is known to be wrong."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity.fleet import Arrivals, Fleet, Routing
from components.capacity.predict import CLOSED_FORM_ERROR, predict
from components.capacity.prediction import Method, Prediction
from components.capacity.service import ServiceTimes
from components.capacity.simulation import simulate
from tests.support.call_times import service_times, timed


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


def single(utilization: float, variation: float = 0.0) -> Prediction:
    return predict(service_times(10, variation), Fleet(), Arrivals(rate_rps=100 * utilization))


def test_an_idle_server_answers_in_its_service_time() -> None:
    prediction = predict(service_times(10, 0, overhead_ms=2), Fleet(), Arrivals(rate_rps=0.001))

    assert prediction.p50_ms == pytest.approx(12, abs=0.01)
    assert prediction.p99_ms == pytest.approx(12, abs=0.05)


@pytest.mark.parametrize("utilization", [0.3, 0.55, 0.7, 0.8])
def test_the_tail_agrees_with_the_exact_queue_for_constant_service(utilization: float) -> None:
    p99_ms = single(utilization).p99_ms
    assert p99_ms is not None

    assert 0.97 < exact_md1_wait_below(p99_ms - 10, utilization, 10) < 0.999


@pytest.mark.parametrize("variation", [0.0, 0.2, 0.99])
@pytest.mark.parametrize("utilization", [0.51, 0.7, 0.85])
@pytest.mark.parametrize("replicas", [1, 4])
def test_the_closed_form_is_as_near_to_the_simulation_as_it_says(
    variation: float, utilization: float, replicas: int
) -> None:
    service, load = service_times(10, variation), Arrivals(rate_rps=100 * replicas * utilization)
    fleet = Fleet(replicas=replicas, routing=Routing.SHARED_QUEUE)

    formula, simulated = predict(service, fleet, load), simulate(service, fleet, load)

    assert formula.method is Method.CLOSED_FORM
    assert formula.p99_ms is not None
    # The simulation's own interval comes on top.
    reach_ms = CLOSED_FORM_ERROR * simulated.p99_ms + (simulated.p99_high_ms - simulated.p99_low_ms) / 2
    assert abs(formula.p99_ms - simulated.p99_ms) <= reach_ms


def test_a_load_over_capacity_has_no_predicted_latency() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(40, 44, rows=8)), overhead_ms=2)

    prediction = predict(service, Fleet(max_batch_size=8), Arrivals(rate_rps=1000))

    assert (prediction.p50_ms, prediction.p99_ms, prediction.p99_high_ms) == (None, None, None)
    assert prediction.utilization > 1
    assert prediction.method is Method.SATURATED


def test_batches_carry_a_load_that_single_calls_cannot() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(20, 24, rows=8)))

    prediction = predict(service, Fleet(max_batch_size=8), Arrivals(rate_rps=150))

    assert prediction.p99_ms is not None
    assert prediction.closed_form_p99_ms is None
    assert "single rows cannot carry it" in prediction.model
    # Of two calls in a row none is longer than a full one.
    assert 15 < prediction.p99_ms < 2 * 24


@pytest.mark.parametrize(
    ("service", "fleet", "load", "sla_ms", "reason"),
    [
        (service_times(10, 0.2), Fleet(max_batch_size=8), Arrivals(rate_rps=50), None, "batches"),
        (service_times(10, 0.2), Fleet(concurrent_calls=2), Arrivals(rate_rps=50), None, "slow each other down"),
        (service_times(10, 0.2), Fleet(), Arrivals(rate_rps=50, variation=4), None, "bursts (Ca2 4)"),
        (service_times(10, 0.2), Fleet(replicas=2), Arrivals(rate_rps=50), None, "routing `least_outstanding`"),
        (service_times(10, 3.0), Fleet(), Arrivals(rate_rps=50), None, "service that varies much"),
        (service_times(10, 0.2), Fleet(), Arrivals(rate_rps=30), None, "a utilization of 0.30"),
        (service_times(10, 0.2), Fleet(), Arrivals(rate_rps=60), 80, "near the SLA"),
    ],
)
def test_the_simulation_has_the_verdict_where_the_formula_is_known_to_be_wrong(
    service: ServiceTimes, fleet: Fleet, load: Arrivals, sla_ms: float | None, reason: str
) -> None:
    prediction = predict(service, fleet, load, sla_ms)

    assert prediction.method is Method.SIMULATION
    assert reason in prediction.model
    assert "with 95 % confidence" in prediction.model
    assert prediction.closed_form_p99_ms is not None
    assert f"{prediction.closed_form_p99_ms:.1f} ms by" in prediction.model


@pytest.mark.parametrize("sla_ms", [None, 20, 500])
def test_the_formula_has_the_verdict_far_from_the_sla(sla_ms: float | None) -> None:
    prediction = predict(service_times(10, 0.2), Fleet(), Arrivals(rate_rps=60), sla_ms)

    assert prediction.method is Method.CLOSED_FORM
    assert "M/G/1 (Erlang C, Allen-Cunneen, exponential tail; Cs2 0.21, utilization 0.60)" in prediction.model


def test_near_saturation_the_basis_says_that_the_wait_still_grows() -> None:
    prediction = predict(service_times(10, 0.2), Fleet(max_batch_size=2), Arrivals(rate_rps=97))

    assert "the wait grows with the length of the peak" in prediction.model


@given(st.lists(st.floats(min_value=0.51, max_value=0.89), min_size=2, max_size=2), st.floats(0, 0.99))
def test_without_batches_more_load_is_never_faster(utilizations: list[float], variation: float) -> None:
    low, high = (single(utilization, variation) for utilization in sorted(utilizations))

    assert low.p99_ms is not None
    assert high.p99_ms is not None
    assert low.p50_ms is not None
    assert high.p50_ms is not None
    assert low.p99_ms <= high.p99_ms * (1 + 1e-9)
    assert low.p50_ms <= high.p50_ms * (1 + 1e-9)


@settings(max_examples=25)
@given(
    p50_ms=st.floats(0.5, 500),
    spread=st.floats(1, 5),
    rate_rps=st.floats(0.01, 5000),
    overhead_ms=st.floats(0, 10),
    max_batch_size=st.integers(1, 8),
)
def test_a_prediction_is_ordered_and_round_trips(
    p50_ms: float, spread: float, rate_rps: float, overhead_ms: float, max_batch_size: int
) -> None:
    measured = (timed(p50_ms, p50_ms * spread), timed(4 * p50_ms, 4 * p50_ms * spread, rows=8))
    service = ServiceTimes(measurements=measured, overhead_ms=overhead_ms)

    prediction = predict(service, Fleet(max_batch_size=max_batch_size), Arrivals(rate_rps=rate_rps))

    assert Prediction.model_validate_json(prediction.model_dump_json()) == prediction
    assert (prediction.p99_ms is None) == (prediction.utilization >= 1)
    if prediction.p99_ms is not None:
        assert prediction.p50_ms is not None
        assert prediction.p99_low_ms is not None
        assert prediction.p99_high_ms is not None
        assert p50_ms * 0.98 <= prediction.p50_ms <= prediction.p99_ms
        assert prediction.p99_low_ms <= prediction.p99_ms <= prediction.p99_high_ms


@settings(max_examples=25)
@given(st.floats(min_value=0.1, max_value=0.98), st.floats(min_value=1, max_value=3))
def test_batches_that_are_switched_off_change_nothing(utilization: float, tail: float) -> None:
    alone = ServiceTimes(measurements=(timed(10, 10 * tail),))
    measured_too = ServiceTimes(measurements=(*alone.measurements, timed(100, 100 * tail, rows=8)))
    load = Arrivals(rate_rps=utilization * Fleet().capacity_rps(alone))

    assert predict(measured_too, Fleet(), load) == predict(alone, Fleet(), load)
