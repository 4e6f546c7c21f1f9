"""Percentiles with confidence intervals that assume nothing about the distribution."""

import math
from collections.abc import Sequence

from optimizers.report import Interval

CONFIDENCE = 0.95


def percentile(samples_ms: Sequence[float], quantile: float) -> Interval:
    """
    Return the nearest-rank percentile with its 95 % confidence interval by order statistics.

    The number of samples below the true quantile is binomial, so two order statistics bracket the quantile with the
    wanted probability (Conover, Practical Nonparametric Statistics, section 3.2). Where the samples are too few for
    one bound, the smallest or largest sample stands for it.

    Args:
        samples_ms: Latencies in milliseconds, in any order.
        quantile: Between 0 and 1, exclusive; 0.99 for p99.

    Raises:
        ValueError: There are no samples, or `quantile` is out of range.
    """
    if not samples_ms or not 0 < quantile < 1:
        raise ValueError(f"{len(samples_ms)} samples, quantile {quantile}; needs samples and a quantile in (0, 1)")
    ordered = sorted(samples_ms)
    count = len(ordered)
    rank = max(1, math.ceil(quantile * count))
    low, high = confidence_ranks(count, quantile)
    return Interval(value_ms=ordered[rank - 1], low_ms=ordered[low - 1], high_ms=ordered[high - 1])


def quantiles(samples: Sequence[float], levels: Sequence[float]) -> list[float]:
    """Return the sample at each level by nearest rank: 0 is the smallest, 1 the largest."""
    ordered = sorted(samples)
    return [ordered[max(0, math.ceil(level * len(ordered)) - 1)] for level in levels]


def confidence_ranks(count: int, quantile: float) -> tuple[int, int]:
    """Return the ranks, from 1, of the order statistics that bracket the quantile; 1 or `count` where none does."""
    tail = (1 - CONFIDENCE) / 2
    below, low, high = 0.0, 1, count
    for successes in range(count + 1):
        # `below` is P(fewer than `successes` samples lie under the quantile).
        if below <= tail:
            low = max(1, successes)
        if 1 - below <= tail and successes >= 1:
            high = successes
            break
        below += _binomial(count, successes, quantile)
    return min(low, math.ceil(quantile * count) or 1), max(high, math.ceil(quantile * count))


def squared_variation(samples: Sequence[float]) -> float:
    """Return the variance over the squared mean: 0 for constant, 1 for exponential service times."""
    mean = math.fsum(samples) / len(samples)
    if mean == 0:
        return 0.0
    return math.fsum((sample - mean) ** 2 for sample in samples) / len(samples) / mean**2


def _binomial(count: int, successes: int, probability: float) -> float:
    logarithm = math.lgamma(count + 1) - math.lgamma(successes + 1) - math.lgamma(count - successes + 1)
    return math.exp(logarithm + successes * math.log(probability) + (count - successes) * math.log1p(-probability))
