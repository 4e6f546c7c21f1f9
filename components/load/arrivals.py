"""When requests arrive: a Poisson process, so that they come in bursts as those of independent callers do."""

import random


def poisson_arrivals(rate_rps: float, seconds: float, seed: int) -> list[float]:
    """
    Return arrival times in seconds from the start, in order, all below `seconds`; same arguments, same times.

    The gaps between arrivals are exponential with mean 1 / rate (Kingman, Poisson Processes, 1993, section 4.1).

    Args:
        rate_rps: Mean arrivals a second, above 0.
        seconds: Length of the window.
        seed: Decides the times.
    """
    random_gaps = random.Random(seed)  # noqa: S311 - decides a load, no secret
    times = list[float]()
    time_s = random_gaps.expovariate(rate_rps)
    while time_s < seconds:
        times.append(time_s)
        time_s += random_gaps.expovariate(rate_rps)
    return times
