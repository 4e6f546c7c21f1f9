"""
Closed forms of a queue: `servers` alike, one line, unlimited room, each call for one row.

Times are in seconds, rates in arrivals a second. The squared coefficient of variation of gaps or service times is their
variance over their squared mean: 0 for constant, 1 for exponential. The formulas hold below saturation only, so each
raises ValueError at an offered load of `servers` or more.
"""

import math
from collections.abc import Callable, Sequence

# Where a bracket is this narrow, relative to its upper end, the result is exact for any use of it.
NARROWEST = 1e-7


def erlang_b(servers: int, offered_load: float) -> float:
    """
    Return the probability that all servers are busy where nobody waits (Erlang 1917, by the usual recursion).

    Args:
        servers: At least 1.
        offered_load: Arrival rate times mean service time, in busy servers.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered_load * blocked / (number + offered_load * blocked)
    return blocked


def erlang_c(servers: int, offered_load: float) -> float:
    """
    Return the probability that an arrival waits, in M/M/c (Cooper, Introduction to Queueing Theory, 1981, section 3.5).

    Raises:
        ValueError: The offered load is `servers` or more.
    """
    utilization = _utilization(servers, offered_load)
    blocked = erlang_b(servers, offered_load)
    return blocked / (1 - utilization * (1 - blocked))


def exponential_wait_s(servers: int, rate_rps: float, service_s: float) -> float:
    """Return the mean wait in M/M/c; exact. Raises ValueError as `erlang_c`."""
    offered_load = rate_rps * service_s
    return erlang_c(servers, offered_load) * service_s / (servers - offered_load)


def constant_wait_s(servers: int, rate_rps: float, service_s: float) -> float:
    """
    Return the mean wait in M/D/c (Cosmetatos 1975, INFOR 13.3); exact for one server.

    The formula overshoots where few of many servers are busy; constant service never waits longer than exponential.

    Raises:
        ValueError: As `erlang_c`.
    """
    utilization = _utilization(servers, rate_rps * service_s)
    if utilization == 0:
        return 0.0
    correction = (servers - 1) * (math.sqrt(4 + 5 * servers) - 2) / (16 * servers) * (1 - utilization) / utilization
    return 0.5 * (1 + min(1.0, correction)) * exponential_wait_s(servers, rate_rps, service_s)


def kimura_wait_s(servers: int, rate_rps: float, service_s: float, service_variation: float) -> float:
    """
    Return the mean wait in M/G/c, between M/D/c and M/M/c (Kimura 1994, Queueing Systems 17, "Approximations for
    multi-server queues: system interpolations").

    Raises:
        ValueError: As `erlang_c`.
    """  # noqa: D205 - the source does not fit on one line
    exponential_s = exponential_wait_s(servers, rate_rps, service_s)
    if exponential_s == 0:
        return 0.0
    constant_s = constant_wait_s(servers, rate_rps, service_s)
    return (1 + service_variation) / (2 * service_variation / exponential_s + (1 - service_variation) / constant_s)


def allen_cunneen_wait_s(
    servers: int, rate_rps: float, service_s: float, service_variation: float, arrival_variation: float = 1.0
) -> float:
    """
    Return the mean wait in G/G/c (Allen, Probability, Statistics and Queueing Theory, 1990, section 5.3.4).

    For one server and Poisson arrivals this is the Pollaczek-Khinchine formula, which is exact.

    Raises:
        ValueError: As `erlang_c`.
    """
    return exponential_wait_s(servers, rate_rps, service_s) * (arrival_variation + service_variation) / 2


def sakasegawa_wait_s(
    servers: int, rate_rps: float, service_s: float, service_variation: float, arrival_variation: float = 1.0
) -> float:
    """
    Return the mean wait in G/G/c without Erlang's formula (Sakasegawa 1977, Annals of the Institute of Statistical
    Mathematics 29).

    Raises:
        ValueError: As `erlang_c`.
    """  # noqa: D205 - the source does not fit on one line
    utilization = _utilization(servers, rate_rps * service_s)
    power: float = utilization ** (math.sqrt(2 * (servers + 1)) - 1)
    return power * service_s / (servers * (1 - utilization)) * (arrival_variation + service_variation) / 2


def wait_exceeds(limit_s: float, waits: float, mean_wait_s: float) -> float:
    """
    Return the probability that the wait exceeds the limit, with an exponential tail.

    Abate, Choudhury and Whitt 1995 ("Exponential approximations for tail probabilities in queues, I") found it
    remarkably accurate from the 90th percentile on.

    Args:
        limit_s: Below 0 every wait exceeds it.
        waits: Probability that an arrival waits at all.
        mean_wait_s: Over all arrivals, also those that do not wait.
    """
    if limit_s < 0:
        return 1.0
    return waits * math.exp(-limit_s * waits / mean_wait_s) if mean_wait_s > 0 else 0.0


def response_quantile_s(services_s: Sequence[float], waits: float, mean_wait_s: float, quantile: float) -> float:
    """
    Return a quantile of wait plus service: the service's distribution convolved with the exponential tail.

    The sum of two p99s would be too high: a long wait and a long service seldom meet.

    Args:
        services_s: Equally likely service times, such as evenly spaced quantiles.
        waits: As in `wait_exceeds`.
        mean_wait_s: As in `wait_exceeds`.
        quantile: Between 0 and 1, exclusive.
    """

    def late(limit_s: float) -> float:
        exceeds = (wait_exceeds(limit_s - service_s, waits, mean_wait_s) for service_s in services_s)
        return math.fsum(exceeds) / len(services_s)

    return _where_at_most(late, 1 - quantile, max(services_s))


def _where_at_most(falling: Callable[[float], float], target: float, start: float) -> float:
    low, high = 0.0, max(start, 1e-9)
    while falling(high) > target:
        low, high = high, 2 * high
    while high - low > NARROWEST * high:
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return high


def _utilization(servers: int, offered_load: float) -> float:
    if offered_load >= servers:
        raise ValueError(f"an offered load of {offered_load:g} saturates {servers} servers; the queue has no mean")
    return offered_load / servers
