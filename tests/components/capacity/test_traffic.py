"""Declared traffic becomes a rate over time, and a seed makes arrivals of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import (
    DAY_S,
    HOUR_S,
    LOWEST_PEAK_RPS,
    BurstyTraffic,
    ConstantTraffic,
    DailyTraffic,
    RampTraffic,
    Traffic,
)

curves = st.lists(st.floats(min_value=0, max_value=1e4), min_size=1, max_size=6).filter(lambda rates: max(rates) > 0)


def curve_of(rates_rps: list[float], *, repeats: bool = False) -> RateCurve:
    return RateCurve(
        times_s=tuple(10.0 * index for index in range(len(rates_rps))), rates_rps=tuple(rates_rps), repeats=repeats
    )


def test_a_constant_rate_is_the_same_at_any_time() -> None:
    curve = ConstantTraffic(rate_rps=7).curve

    assert {curve.rate_at(time_s) for time_s in (-1, 0, 1e9)} == {7}
    assert (curve.peak_rps, curve.mean_rps, curve.highest_over(5, 100)) == (7, 7, 7)


def test_a_day_has_its_peak_and_its_trough_twelve_hours_apart() -> None:
    curve = DailyTraffic(lowest_rps=10, highest_rps=50, peak_hour=14).curve

    assert curve.rate_at(14 * HOUR_S) == curve.rate_at(14 * HOUR_S + 3 * DAY_S) == pytest.approx(50)
    assert curve.rate_at(2 * HOUR_S) == pytest.approx(10)
    assert curve.mean_rps == pytest.approx(30)


def test_a_ramp_rises_in_a_straight_line_and_stays() -> None:
    curve = RampTraffic(from_rps=10, to_rps=50, seconds=100).curve

    assert [curve.rate_at(time_s) for time_s in (-5, 0, 50, 100, 900)] == [10, 10, 30, 50, 50]
    assert curve.highest_over(20, 30) == pytest.approx(30)
    assert curve.mean_rps == 30


def test_bursts_keep_the_mean_rate_and_say_how_they_vary() -> None:
    curve = BurstyTraffic(rate_rps=20, variation=4).curve

    assert (curve.peak_rps, curve.variation) == (20, 4)
    assert len(curve.arrivals_s(2000, seed=2)) == pytest.approx(40_000, rel=0.05)


@given(curves, st.booleans(), st.floats(min_value=-50, max_value=200), st.floats(min_value=0, max_value=200))
def test_the_highest_rate_over_a_lag_is_at_least_each_rate_in_it(
    rates_rps: list[float], repeats: bool, start_s: float, lag_s: float
) -> None:
    curve = curve_of(rates_rps, repeats=repeats)

    highest_rps = curve.highest_over(start_s, lag_s)

    assert highest_rps <= curve.peak_rps * (1 + 1e-9)
    for share in (0, 0.25, 0.5, 0.75, 1):
        assert curve.rate_at(start_s + share * lag_s) <= highest_rps * (1 + 1e-9) + 1e-9


@given(curves, st.integers(min_value=0, max_value=1000))
def test_arrivals_are_in_order_and_the_same_for_the_same_seed(rates_rps: list[float], seed: int) -> None:
    curve = curve_of([min(rate, 20) for rate in rates_rps])

    times_s = curve.arrivals_s(5, seed)

    assert times_s == sorted(times_s) == curve.arrivals_s(5, seed)


def test_arrivals_come_as_often_as_the_curve_says() -> None:
    curve = RampTraffic(from_rps=0, to_rps=100, seconds=400).curve

    times_s = curve.arrivals_s(400, seed=6)

    assert len(times_s) == pytest.approx(20_000, rel=0.03)
    assert sum(time_s < 200 for time_s in times_s) == pytest.approx(5000, rel=0.06)


@pytest.mark.parametrize(
    "declared",
    [
        {"kind": "constant", "rate_rps": -1},
        {"kind": "constant", "rate_rps": float("nan")},
        {"kind": "constant", "rate_rps": float("inf")},
        {"kind": "constant", "rate_rps": 1e12},
        {"kind": "bursts", "rate_rps": 5, "variation": 0.5},
        {"kind": "ramp", "from_rps": 1, "to_rps": 2, "seconds": 0},
        {"kind": "daily", "lowest_rps": 1, "highest_rps": 5, "peak_hour": 25},
        {"kind": "daily", "lowest_rps": 9, "highest_rps": 5},
        {"kind": "daily", "lowest_rps": 0, "highest_rps": 5e-324},
        {"kind": "constant", "rate_rps": 1e-10},
        {"kind": "ramp", "from_rps": 0, "to_rps": 5e-324, "seconds": 60},
        {"kind": "weekly", "rate_rps": 5},
    ],
)
def test_absurd_traffic_is_refused(declared: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[object](Traffic).validate_python(declared)


@pytest.mark.parametrize("lowest_rps", [0.0, LOWEST_PEAK_RPS])
def test_the_least_traffic_that_may_be_declared_is_a_curve(lowest_rps: float) -> None:
    assert DailyTraffic(lowest_rps=lowest_rps, highest_rps=LOWEST_PEAK_RPS).curve.mean_rps > 0
    assert RampTraffic(from_rps=lowest_rps, to_rps=LOWEST_PEAK_RPS, seconds=60).curve.mean_rps > 0


@pytest.mark.parametrize(
    ("times_s", "rates_rps"),
    [((0, 1), (1,)), ((1, 2), (1, 1)), ((0, 0), (1, 1)), ((0,), (0,)), ((0,), (float("nan"),))],
)
def test_a_curve_that_is_none_is_refused(times_s: tuple[float, ...], rates_rps: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        RateCurve(times_s=times_s, rates_rps=rates_rps)
