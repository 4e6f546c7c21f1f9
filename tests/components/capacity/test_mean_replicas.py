"""A load between two numbers of replicas is carried by the greater one, at each moment."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.mean_replicas import mean_replicas
from components.capacity.rate_curve import RateCurve

STEPS = 20_000


@pytest.mark.parametrize(
    ("rates_rps", "fewest", "mean"),
    [
        # By hand, of 10 requests/s a replica: 1, 2 and 3 replicas for a third of the ramp each.
        ((0, 30), 0, 2),
        ((30, 0), 0, 2),
        ((0, 30), 2, 7 / 3),
        ((0, 30), 5, 5),
        ((21, 21), 0, 3),
        ((20, 20), 0, 2),
        # Up from 0.5 to 2.5 replicas: a quarter of the time one, half of it two, a quarter three.
        ((5, 25), 0, 2),
        ((5, 25, 5), 0, 2),
    ],
)
def test_whole_replicas_run_at_each_moment(rates_rps: tuple[float, ...], fewest: int, mean: float) -> None:
    curve = RateCurve(times_s=tuple(60.0 * index for index in range(len(rates_rps))), rates_rps=rates_rps)

    assert mean_replicas(curve, 10, fewest) == pytest.approx(mean)


def test_a_rate_that_never_changes_takes_its_replicas_at_any_time() -> None:
    assert mean_replicas(RateCurve(times_s=(0,), rates_rps=(95,)), 10) == 10


@given(
    rates_rps=st.lists(st.floats(0, 1000), min_size=2, max_size=5).filter(lambda found: max(found) > 0),
    replica_rps=st.floats(10, 500),
    fewest=st.integers(0, 20),
)
def test_the_mean_is_that_of_many_moments_and_never_under_the_mean_load(
    rates_rps: list[float], replica_rps: float, fewest: int
) -> None:
    curve = RateCurve(times_s=tuple(float(index) for index in range(len(rates_rps))), rates_rps=tuple(rates_rps))

    mean = mean_replicas(curve, replica_rps, fewest)

    moments = (curve.seconds * (step + 0.5) / STEPS for step in range(STEPS))
    sampled = math.fsum(max(fewest, math.ceil(curve.rate_at(moment) / replica_rps)) for moment in moments) / STEPS
    # Each time that a line passes a whole number of replicas, one sample may stand on its wrong side.
    assert mean == pytest.approx(sampled, abs=(len(rates_rps) * (100 + 2)) / STEPS + 1e-9)
    assert mean >= max(fewest, curve.mean_rps / replica_rps) * (1 - 1e-9)
