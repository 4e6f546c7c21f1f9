import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.declared import declared, month_of_ramp, recorded_traffic
from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import BurstyTraffic, DailyTraffic, RampTraffic


def test_no_traffic_is_the_peak_at_any_time_and_says_so() -> None:
    found = declared(None, 12)

    assert (found.planned.kind, found.planned.peak_rps, found.planned.mean_rps) == ("constant", 12, 12)
    assert found.planned.basis == "`throughput_rps` at any time, for the spec has no `traffic`"


def test_bursts_keep_their_variation() -> None:
    found = declared(BurstyTraffic(rate_rps=5, variation=4), 10)

    assert found.planned.variation == found.curve.variation == 4
    assert found.planned.basis == "`traffic` of the spec, rate_rps 5, variation 4"


def test_a_day_has_its_mean_between_its_extremes() -> None:
    found = declared(DailyTraffic(lowest_rps=2, highest_rps=10), 10)

    assert found.planned.mean_rps == pytest.approx(6, rel=1e-3)
    assert found.planned.peak_rps == pytest.approx(10)


def test_the_mean_of_a_month_after_a_short_ramp_is_nearly_its_end() -> None:
    ramp = RampTraffic(from_rps=0, to_rps=10, seconds=7300 * 3.6)

    # 1/100 of the month at 5 requests/s on average, the rest at 10.
    assert declared(ramp, 10).planned.mean_rps == pytest.approx(0.01 * 5 + 0.99 * 10)


@given(st.floats(0, 100), st.floats(0.1, 100), st.floats(1, 364 * 86400))
def test_the_mean_of_a_month_lies_between_the_ends_of_a_ramp(start: float, end: float, seconds: float) -> None:
    mean_rps = month_of_ramp(RampTraffic(from_rps=start, to_rps=end, seconds=seconds)).mean_rps

    assert min(start, end) * (1 - 1e-9) <= mean_rps <= max(start, end) * (1 + 1e-9)


def test_recorded_traffic_names_its_file() -> None:
    found = recorded_traffic(RateCurve(times_s=(0, 3600), rates_rps=(1, 3)), "traffic.csv")

    assert found.planned.basis == "`traffic.csv`, 2 rows over 1 h"
    assert found.planned.mean_rps == 2
