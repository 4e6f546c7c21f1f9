import pytest

from components.capacity.fleet import Arrivals, Fleet, Routing
from components.capacity.predict import predict
from components.capacity.prediction import Method
from components.capacity.quick import predict_briefly, predict_by_formula
from components.capacity.service import ServiceTimes
from tests.support.locked_model import measurement

SERVICE = ServiceTimes(measurements=(measurement(10, 12), measurement(40, 48, batch_size=8)))


def test_the_formula_is_not_simulated_and_says_so() -> None:
    found = predict_by_formula(SERVICE, Fleet(replicas=3, routing=Routing.RANDOM), Arrivals(rate_rps=150))

    assert found.method is Method.CLOSED_FORM
    assert found.model == "closed form M/G/1, not simulated"
    assert found.p99_ms == found.closed_form_p99_ms


def test_batches_are_bounded_where_single_rows_cannot_carry_the_load() -> None:
    found = predict_by_formula(SERVICE, Fleet(max_batch_size=8), Arrivals(rate_rps=150))

    # Twice the slowest call of eight rows, 48 ms.
    assert found.p99_ms == pytest.approx(2 * 48, rel=0.02)
    assert found.model == "two full calls of 8 rows, for single rows cannot carry the load"


def test_a_load_over_the_capacity_has_no_response() -> None:
    assert predict_by_formula(SERVICE, Fleet(), Arrivals(rate_rps=1000)).method is Method.SATURATED


def test_a_short_simulation_says_what_a_long_one_says() -> None:
    fleet, load = Fleet(replicas=3, routing=Routing.RANDOM), Arrivals(rate_rps=180)
    short, long = predict_briefly(SERVICE, fleet, load), predict(SERVICE, fleet, load)
    assert short.p99_ms is not None
    assert long.p99_ms is not None

    assert short.p99_ms == pytest.approx(long.p99_ms, rel=0.15)
    assert "simulation of 20000 requests" in short.model
