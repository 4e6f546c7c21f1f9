"""How many replicas run on average where a scaler follows the load: whole ones at each moment."""

import math
from itertools import pairwise

from components.capacity.rate_curve import RateCurve
from components.capacity.scaling_lag import up_to_rounding


def mean_replicas(curve: RateCurve, replica_rps: float, fewest: int = 0) -> float:
    """
    Return the mean over the curve of the replicas that carry it, rounded up at each moment; the scaler is taken to be in time.

    No less than the load on average, rounded up or not: three replicas for half of a day and one for the other are two, also
    where the load is 2.1 and 0.1 of a replica.

    Args:
        curve: The load.
        replica_rps: What one replica is given at most, above 0.
        fewest: How many always run.
    """
    loads = [up_to_rounding(rate / replica_rps) for rate in curve.rates_rps]
    if curve.seconds == 0:
        return float(max(fewest, math.ceil(loads[0])))
    points = pairwise(zip(curve.times_s, loads, strict=True))
    replica_seconds = math.fsum(
        (end_s - start_s) * _mean_step(min(first, last), max(first, last), fewest)
        for (start_s, first), (end_s, last) in points
    )
    return replica_seconds / curve.seconds


def _mean_step(low: float, high: float, fewest: int) -> float:
    """Return the mean of the load rounded up, and at least the fewest, along a straight line from low to high."""
    running, most = max(fewest, math.ceil(low)), max(fewest, math.ceil(high))
    if running == most:
        return running
    # Counted from what always runs, so that a short line far up loses no digits.
    mean = running + (_steps(high - running) - _steps(low - running)) / (high - low)
    return min(max(mean, running), most)


def _steps(load: float) -> float:
    """Return the area under the load rounded up, from 0 to this load; nothing is below 0."""
    if load <= 0:
        return 0.0
    whole = math.floor(load)
    return whole * (whole + 1) / 2 + (load - whole) * (whole + 1)
