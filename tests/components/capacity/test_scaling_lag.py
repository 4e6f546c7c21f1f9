"""The fleet must carry the load until the replicas that the scaler asks for have come."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.rate_curve import RateCurve
from components.capacity.scaling_lag import ScalingLag, lowest_min_replicas
from components.capacity.traffic import ConstantTraffic, DailyTraffic, RampTraffic

# SageMaker's scale-out alarm takes three points of a minute; a new GPU instance with a 17.7 GB image took 525 s, of which
# 333 s to pull and 168 s to load (AWS, June 2026, second-hand).
SAGEMAKER = ScalingLag(metric_window_s=60, datapoints=3, provisioning_s=24, image_pull_s=333, model_load_s=168)


def test_the_lag_is_the_sum_of_its_parts() -> None:
    assert SAGEMAKER.detection_s == 180
    assert SAGEMAKER.cold_start_s == 525
    assert SAGEMAKER.total_s == 705
    assert SAGEMAKER.basis.startswith("705 s: 3 data points of 60 s, 24 s for a machine")


def test_a_steep_ramp_has_to_be_carried_by_what_runs_already() -> None:
    curve = RampTraffic(from_rps=10, to_rps=100, seconds=300).curve

    lowest = lowest_min_replicas(curve, SAGEMAKER.total_s, replica_rps=10, target_utilization=0.7)

    # The ramp is over before the first replica comes.
    assert lowest.replicas == 10
    assert "the scaler, 705 s late, has not answered it" in lowest.basis


def test_a_slow_ramp_is_carried_by_the_headroom() -> None:
    curve = RampTraffic(from_rps=10, to_rps=100, seconds=100_000).curve

    lowest = lowest_min_replicas(curve, 705, replica_rps=10, target_utilization=0.7)

    # Before the scaler has seen anything one replica carries 10 a second, and the rise within the lag needs a second one.
    assert lowest.replicas == 2


def test_steady_traffic_needs_from_the_start_what_it_always_needs() -> None:
    assert lowest_min_replicas(ConstantTraffic(rate_rps=95).curve, 705, 10, 0.7).replicas == 10


def test_a_day_that_repeats_is_known_to_the_scaler() -> None:
    day = DailyTraffic(lowest_rps=50, highest_rps=100).curve

    late, early = (lowest_min_replicas(day, lag_s, replica_rps=10, target_utilization=0.7) for lag_s in (43_200, 60))

    assert late.replicas == 10
    assert early.replicas == 1
    assert early.at_s is None
    assert "until the scaler, 60 s late, has answered it" in early.basis


rates = st.floats(min_value=0, max_value=1000)


@given(
    rates_rps=st.lists(rates, min_size=2, max_size=6).filter(lambda found: max(found) > 0),
    step_s=st.floats(min_value=1, max_value=1000),
    lags=st.tuples(st.floats(min_value=0, max_value=3000), st.floats(min_value=0, max_value=3000)),
    replica_rps=st.floats(min_value=1, max_value=200),
    target_utilization=st.floats(min_value=0.3, max_value=1),
)
def test_with_the_bound_every_moment_is_carried_and_never_more_than_the_peak_needs(
    rates_rps: list[float], step_s: float, lags: tuple[float, float], replica_rps: float, target_utilization: float
) -> None:
    times_s = tuple(index * step_s for index in range(len(rates_rps)))
    curve = RateCurve(times_s=times_s, rates_rps=tuple(rates_rps))
    lag_s = max(lags)

    lowest = lowest_min_replicas(curve, lag_s, replica_rps, target_utilization).replicas

    assert 1 <= lowest <= max(1, math.ceil(curve.peak_rps / replica_rps))
    for time_s in times_s:
        seen_rps = curve.rate_at(time_s - lag_s) if time_s >= lag_s else 0
        running = max(lowest, math.ceil(seen_rps / (target_utilization * replica_rps)))
        assert running * replica_rps >= curve.rate_at(time_s) * (1 - 1e-9)


@pytest.mark.parametrize("field", ["metric_window_s", "provisioning_s", "image_pull_s", "model_load_s", "warm_up_s"])
def test_no_part_of_the_lag_is_negative(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        ScalingLag.model_validate({**SAGEMAKER.model_dump(), field: -1})


@pytest.mark.parametrize(
    ("lag_s", "replica_rps", "target_utilization"),
    [(-1, 10, 0.7), (math.inf, 10, 0.7), (60, 0, 0.7), (60, math.nan, 0.7), (60, 10, 0), (60, 10, 1.5)],
)
def test_arguments_out_of_range_are_refused(lag_s: float, replica_rps: float, target_utilization: float) -> None:
    with pytest.raises(ValueError, match="needs a lag of at least 0"):
        lowest_min_replicas(ConstantTraffic(rate_rps=5).curve, lag_s, replica_rps, target_utilization)
