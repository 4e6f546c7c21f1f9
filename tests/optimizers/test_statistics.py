"""Percentiles come from the samples, and their intervals hold them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.statistics import confidence_ranks, percentile, squared_variation

samples = st.lists(st.floats(min_value=0.001, max_value=1e6), min_size=1, max_size=300)
quantiles = st.floats(min_value=0.01, max_value=0.99)


@given(samples, quantiles)
def test_a_percentile_is_a_sample_inside_its_interval(values: list[float], quantile: float) -> None:
    found = percentile(values, quantile)

    assert found.value_ms in values
    assert found.low_ms <= found.value_ms <= found.high_ms
    assert {found.low_ms, found.high_ms} <= set(values)


@given(samples, quantiles)
def test_the_order_of_the_samples_does_not_matter(values: list[float], quantile: float) -> None:
    assert percentile(values, quantile) == percentile(sorted(values), quantile)


@given(samples)
def test_higher_percentiles_are_never_lower(values: list[float]) -> None:
    found = [percentile(values, quantile).value_ms for quantile in (0.1, 0.5, 0.9, 0.99)]

    assert found == sorted(found)


def test_the_interval_of_the_median_holds_the_true_median_about_as_often_as_it_says() -> None:
    source = random.Random(1)
    held = 0
    for _ in range(500):
        found = percentile([source.expovariate(1) for _ in range(60)], 0.5)
        held += found.low_ms <= 0.6931 <= found.high_ms

    # 95 % of 500 is 475; the interval is at least that wide, and not all there is.
    assert 460 <= held <= 498


@given(st.integers(min_value=1, max_value=2000), quantiles)
def test_ranks_lie_among_the_samples(count: int, quantile: float) -> None:
    low, high = confidence_ranks(count, quantile)

    assert 1 <= low <= high <= count


@pytest.mark.parametrize(("values", "quantile"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.0)])
def test_no_samples_and_no_quantile_are_refused(values: list[float], quantile: float) -> None:
    with pytest.raises(ValueError, match="needs samples"):
        percentile(values, quantile)


def test_variation_is_zero_for_constant_and_one_for_exponential_times() -> None:
    source = random.Random(1)

    assert squared_variation([5.0] * 10) == 0
    assert squared_variation([source.expovariate(3) for _ in range(20_000)]) == pytest.approx(1, abs=0.05)
