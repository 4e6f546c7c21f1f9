"""A call time for any number of rows comes from those that were measured."""

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.service import ServiceTimes, fitted
from tests.support.call_times import service_times, timed

durations = st.floats(min_value=0.01, max_value=1000)
tails = st.floats(min_value=1, max_value=5)


@given(durations, tails)
def test_a_fit_has_the_measured_median_and_p99(p50_ms: float, tail: float) -> None:
    quantiles = fitted(timed(p50_ms, p50_ms * tail)).quantiles_ms()

    assert quantiles[500] == pytest.approx(p50_ms, rel=0.01)
    assert quantiles[990] == pytest.approx(p50_ms * tail, rel=0.05)


def test_the_slowest_of_a_dozen_calls_is_not_taken_for_the_p99() -> None:
    few, many = fitted(timed(10, 12, samples=12)), fitted(timed(10, 12, samples=1000))

    assert few.sigma > 1.3 * many.sigma


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_hardly_any_samples_still_give_a_distribution(samples: int) -> None:
    assert math.isfinite(fitted(timed(10, 12, samples=samples)).sigma)


@given(durations, tails, st.integers(min_value=1, max_value=8))
def test_between_measured_sizes_time_and_spread_lie_on_a_line(p50_ms: float, growth: float, rows: int) -> None:
    service = ServiceTimes(measurements=(timed(p50_ms, p50_ms), timed(p50_ms * growth, p50_ms * growth * 2, rows=8)))
    share = (rows - 1) / 7

    assert service.call(rows).p50_ms == pytest.approx(p50_ms * (1 + share * (growth - 1)))
    assert service.call(rows).sigma == pytest.approx(share * service.call(8).sigma)


def test_above_the_largest_measured_size_time_grows_with_the_rows() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(40, 44, rows=8)))

    assert service.call(16).p50_ms == pytest.approx(80)
    assert service.call(16).sigma == service.call(8).sigma


def test_calls_in_flight_take_as_long_as_was_measured_with_so_many() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(18, 20, calls=2)), overhead_ms=1)

    assert [service.call(1, calls).p50_ms for calls in (1, 2, 3)] == [10, 18, 18]
    assert service.busy_ms(1, 2) == pytest.approx(service.call(1, 2).mean_ms + 2)


@given(durations, st.floats(min_value=0, max_value=2))
def test_quantiles_have_the_mean_of_the_distribution(mean_ms: float, variation: float) -> None:
    call = service_times(mean_ms, variation).call(1)

    assert call.mean_ms == pytest.approx(mean_ms, rel=1e-3)
    assert fmean(call.quantiles_ms()) == pytest.approx(mean_ms, rel=0.02)


def test_no_call_alone_was_measured() -> None:
    with pytest.raises(ValueError, match="one call at a time"):
        ServiceTimes(measurements=(timed(10, 12, calls=2),)).call(1)
