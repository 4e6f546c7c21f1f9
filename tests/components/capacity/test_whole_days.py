"""What a day needs does not depend on the hour at which its recording starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.declared import recorded_traffic
from components.capacity.mean_replicas import mean_replicas
from components.capacity.rate_curve import RateCurve
from components.capacity.scaling_lag import lowest_min_replicas
from components.capacity.traffic import HOUR_S
from components.capacity.whole_days import repeated

HOURS = (
    *(10.0,) * 7,
    27.6,
    44.4,
    60.0,
    73.6,
    84.8,
    93.1,
    98.3,
    100.0,
    98.3,
    93.1,
    84.8,
    73.6,
    60.0,
    44.4,
    27.6,
    10,
    10,
)


def recorded(start_hour: int, *, closed: bool) -> RateCurve:
    rates_rps = (*HOURS[start_hour:], *HOURS[:start_hour])
    rates_rps = (*rates_rps, rates_rps[0]) if closed else rates_rps
    return RateCurve(times_s=tuple(HOUR_S * hour for hour in range(len(rates_rps))), rates_rps=rates_rps)


@given(st.integers(0, 23), st.booleans())
def test_a_day_needs_the_same_whenever_its_recording_starts(start_hour: int, closed: bool) -> None:
    midnight, found = (
        recorded_traffic(recorded(hour, closed=also), "day.csv") for hour, also in ((0, True), (start_hour, closed))
    )

    assert found.planned.mean_rps == pytest.approx(midnight.planned.mean_rps)
    assert mean_replicas(found.month, 25, 1) == pytest.approx(mean_replicas(midnight.month, 25, 1))
    assert lowest_min_replicas(found.curve, 558, 35, 0.7).replicas == 1


def test_the_traffic_of_whole_days_says_that_it_repeats() -> None:
    found = recorded_traffic(recorded(14, closed=False), "day.csv")

    assert found.curve.repeats
    assert found.planned.basis == "`day.csv`, 24 rows over 24 h, which repeat"


def test_part_of_a_day_does_not_repeat_and_the_bound_says_what_that_means() -> None:
    rates_rps = HOURS[14:20]
    found = recorded_traffic(RateCurve(times_s=tuple(3600.0 * hour for hour in range(6)), rates_rps=rates_rps), "a.csv")

    lowest = lowest_min_replicas(found.curve, 558, 35, 0.7)

    assert not found.curve.repeats
    assert found.planned.basis == "`a.csv`, 6 rows over 5 h"
    assert (lowest.replicas, lowest.at_s) == (3, 0)
    assert "has not answered it, for it knows of no load before 0 s; 3 replicas" in lowest.basis


@pytest.mark.parametrize(
    ("times_s", "repeats"),
    [
        ((0, 43_200, 86_400), True),
        ((0, 43_200), True),
        # Clocks that are off by seconds in an hour.
        (tuple(3600 * hour + hour % 3 for hour in range(24)), True),
        ((0, 86_400, 2 * 86_400), True),
        ((0,), False),
        ((0, 60, 120), False),
        # Steps of seven hours, which no day is made of.
        (tuple(25_200 * step for step in range(4)), False),
        (tuple(3600 * hour for hour in range(23)), False),
    ],
)
def test_only_whole_days_repeat(times_s: tuple[float, ...], repeats: bool) -> None:
    assert repeated(RateCurve(times_s=times_s, rates_rps=(5,) * len(times_s))).repeats is repeats
