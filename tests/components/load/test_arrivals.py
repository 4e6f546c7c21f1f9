"""Arrivals are a Poisson process that a seed decides."""

from hypothesis import given
from hypothesis import strategies as st

from components.load.arrivals import poisson_arrivals

rates = st.floats(min_value=0.1, max_value=500)
windows = st.floats(min_value=0.01, max_value=10)
seeds = st.integers(min_value=0, max_value=2**32)


@given(rates, windows, seeds)
def test_arrivals_are_in_order_and_inside_the_window(rate_rps: float, seconds: float, seed: int) -> None:
    times = poisson_arrivals(rate_rps, seconds, seed)

    assert times == sorted(times)
    assert all(0 < time_s < seconds for time_s in times)


@given(rates, windows, seeds)
def test_the_same_seed_gives_the_same_times_and_a_longer_window_only_adds_to_them(
    rate_rps: float, seconds: float, seed: int
) -> None:
    times = poisson_arrivals(rate_rps, seconds, seed)

    assert poisson_arrivals(rate_rps, seconds, seed) == times
    assert poisson_arrivals(rate_rps, 2 * seconds, seed)[: len(times)] == times


@given(seeds)
def test_the_number_of_arrivals_has_mean_and_variance_of_a_poisson_process(seed: int) -> None:
    counts = [len(poisson_arrivals(20, 5, seed + step)) for step in range(40)]

    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    # Both are 100; the bounds are more than five standard errors away.
    assert 90 < mean < 110
    assert 20 < variance < 260
