"""When requests arrive: independently of each other, or in bursts."""

import math
import random
from collections.abc import Iterator
from itertools import accumulate, islice, takewhile

# More than this is no load that anybody has measured.
HIGHEST_VARIATION = 100.0


def arrival_times(rate_rps: float, seconds: float, seed: int, variation: float = 1.0) -> list[float]:
    """
    Return arrival times in seconds from the start, in order, all below `seconds`; same arguments, same times.

    A variation of 1 gives a Poisson process: callers that know nothing of each other. Above 1 many arrivals come close
    together and long gaps follow.

    Args:
        rate_rps: Mean arrivals a second, above 0.
        seconds: Length of the window.
        seed: Decides the times.
        variation: Squared coefficient of variation of the gaps, at least 1.
    """
    return list(takewhile(lambda time_s: time_s < seconds, accumulate(_gaps(rate_rps, variation, seed))))


def first_arrivals(count: int, rate: float, seed: int, variation: float = 1.0) -> list[float]:
    """Return the first `count` arrival times of the same process; in ms for a rate in arrivals a ms."""
    return list(accumulate(islice(_gaps(rate, variation, seed), count)))


def _gaps(rate: float, variation: float, seed: int) -> Iterator[float]:
    """
    Yield gaps without end.

    Gaps of a Poisson process are exponential with mean 1 / rate (Kingman, Poisson Processes, 1993, section 4.1). Bursts
    are a mixture of short and long exponential gaps: hyperexponential with balanced means (Tijms, A First Course in
    Stochastic Models, 2003, appendix B).
    """
    # Written out, because simulations draw millions: `expovariate` would take twice as long.
    uniform, logarithm = random.Random(seed).random, math.log  # noqa: S311 - decides a load, no secret
    if variation <= 1:
        while True:
            yield -logarithm(1 - uniform()) / rate
    short = (1 + math.sqrt((variation - 1) / (variation + 1))) / 2
    fast, slow = 2 * short * rate, 2 * (1 - short) * rate
    while True:
        yield -logarithm(1 - uniform()) / (fast if uniform() < short else slow)
