"""Arrivals are a process that a seed decides: independent, or in bursts of a given variation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.arrivals import arrival_times, first_arrivals
from optimizers.statistics import squared_variation

rates = st.floats(min_value=0.1, max_value=500)
windows = st.floats(min_value=0.01, max_value=10)
seeds = st.integers(min_value=0, max_value=2**32)
variations = st.floats(min_value=1, max_value=50)


@given(rates, windows, seeds, variations)
def test_arrivals_are_in_order_and_inside_the_window(
    rate_rps: float, seconds: float, seed: int, variation: float
) -> None:
    times = arrival_times(rate_rps, seconds, seed, variation)

    assert times == sorted(times)
    assert all(0 < time_s < seconds for time_s in times)


@given(rates, windows, seeds, variations)
def test_the_same_seed_gives_the_same_times_and_a_longer_window_only_adds_to_them(
    rate_rps: float, seconds: float, seed: int, variation: float
) -> None:
    times = arrival_times(rate_rps, seconds, seed, variation)

    assert arrival_times(rate_rps, seconds, seed, variation) == times
    assert arrival_times(rate_rps, 2 * seconds, seed, variation)[: len(times)] == times
    assert first_arrivals(len(times), rate_rps, seed, variation) == times


@given(seeds)
def test_the_number_of_arrivals_has_mean_and_variance_of_a_poisson_process(seed: int) -> None:
    counts = [len(arrival_times(20, 5, seed + step)) for step in range(40)]

    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    # Both are 100; the bounds are more than five standard errors away.
    assert 90 < mean < 110
    assert 20 < variance < 260


@pytest.mark.parametrize("variation", [1.0, 2.0, 4.0, 9.0])
def test_gaps_have_the_mean_and_the_variation_that_were_asked_for(variation: float) -> None:
    times = first_arrivals(200_000, 50, seed=3, variation=variation)
    gaps = [later - earlier for earlier, later in pairwise(times)]

    assert sum(gaps) / len(gaps) == pytest.approx(1 / 50, rel=0.02)
    assert squared_variation(gaps) == pytest.approx(variation, rel=0.05)
