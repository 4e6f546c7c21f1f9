"""A call time for any number of rows comes from those that were measured."""

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.service import CallTime, ServiceTimes, fitted
from optimizers.report import QUANTILE_LEVELS
from tests.support.call_times import service_times, timed

durations = st.floats(min_value=0.01, max_value=1000)
tails = st.floats(min_value=1, max_value=5)


@given(durations, tails)
def test_a_fit_has_the_measured_median_and_p99(p50_ms: float, tail: float) -> None:
    quantiles = fitted(timed(p50_ms, p50_ms * tail)).quantiles_ms()

    assert quantiles[500] == pytest.approx(p50_ms, rel=0.01)
    assert quantiles[990] == pytest.approx(p50_ms * tail, rel=0.06)


@given(st.lists(durations, min_size=len(QUANTILE_LEVELS), max_size=len(QUANTILE_LEVELS)).map(sorted))
def test_measured_quantiles_are_taken_as_they_are(quantiles_ms: list[float]) -> None:
    call = fitted(timed(10, 12).model_copy(update={"quantiles_ms": tuple(quantiles_ms)}))
    points = call.quantiles_ms()

    assert call.levels_ms == tuple(quantiles_ms)
    assert points == sorted(points)
    assert min(points) >= quantiles_ms[0]
    assert max(points) <= quantiles_ms[-1]
    assert fmean(points) == pytest.approx(call.mean_ms, rel=1e-2)
    assert fmean((point - call.mean_ms) ** 2 for point in points) == pytest.approx(
        call.variance_ms2, rel=0.05, abs=1e-3 * (quantiles_ms[-1] - quantiles_ms[0]) ** 2
    )


def test_the_slowest_of_a_dozen_calls_is_not_taken_for_the_p99() -> None:
    few, many = fitted(timed(10, 12, samples=12)), fitted(timed(10, 12, samples=1000))

    assert _spread(few) > 1.3 * _spread(many)


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_hardly_any_samples_still_give_a_distribution(samples: int) -> None:
    assert math.isfinite(_spread(fitted(timed(10, 12, samples=samples))))


@given(durations, tails, st.integers(min_value=1, max_value=8))
def test_between_measured_sizes_time_and_spread_lie_on_a_line(p50_ms: float, growth: float, rows: int) -> None:
    service = ServiceTimes(measurements=(timed(p50_ms, p50_ms), timed(p50_ms * growth, p50_ms * growth * 2, rows=8)))
    share = (rows - 1) / 7

    assert service.call(rows).p50_ms == pytest.approx(p50_ms * (1 + share * (growth - 1)))
    assert _spread(service.call(rows)) == pytest.approx(share * _spread(service.call(8)))


def test_above_the_largest_measured_size_time_grows_with_the_rows() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(40, 44, rows=8)))

    assert service.call(16).p50_ms == pytest.approx(80)
    assert _spread(service.call(16)) == pytest.approx(2 * _spread(service.call(8)))


def test_calls_in_flight_take_as_long_as_was_measured_with_so_many() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(18, 20, calls=2)), overhead_ms=1)

    assert [service.call(1, calls).p50_ms for calls in (1, 2, 3)] == [10, 18, 18]
    assert service.busy_ms(1, 2) == pytest.approx(service.call(1, 2).mean_ms + 2)


@given(durations, st.floats(min_value=0, max_value=2))
def test_quantiles_have_the_mean_of_the_distribution(mean_ms: float, variation: float) -> None:
    call = service_times(mean_ms, variation).call(1)

    assert call.mean_ms == pytest.approx(mean_ms, rel=0.02)
    assert fmean(call.quantiles_ms()) == pytest.approx(call.mean_ms, rel=0.01)


def test_overhead_of_its_rows_makes_a_call_longer_and_latency_does_not() -> None:
    service = ServiceTimes(measurements=(timed(10, 10), timed(40, 40, rows=8)), overhead_ms=2, latency_ms=5)

    assert service.busy_ms(1) == pytest.approx(12)
    assert service.busy_ms(8) == pytest.approx(56)


def test_no_call_alone_was_measured() -> None:
    with pytest.raises(ValueError, match="one call at a time"):
        ServiceTimes(measurements=(timed(10, 12, calls=2),)).call(1)


def _spread(call: CallTime) -> float:
    """From the median to the longest call, in ms."""
    return call.levels_ms[-1] - call.p50_ms
