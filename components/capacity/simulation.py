"""Simulate a fleet under a load, event by event: what closed forms cannot say of batches, bursts and load balancers."""

import math
import random
from collections.abc import Sequence
from statistics import fmean, stdev

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.arrivals import first_arrivals
from components.capacity.batch_queue import (
    CallDraws,
    Served,
    serve_least_outstanding,
    serve_one_call,
    serve_shared,
)
from components.capacity.fleet import Arrivals, Fleet, Routing
from components.capacity.service import ServiceTimes

REPEATS = 10
# Student's t with REPEATS - 1 degrees of freedom, two-sided 95 %.
STUDENT_T = 2.262
SHORT_REQUESTS = 40_000
LONG_REQUESTS = 200_000
# A short run whose interval reaches this far from its p99 is repeated as a long one.
NARROW = 0.05
# A larger fleet is simulated as so many replicas with their share of the load. Fewer replicas help each other less, so the
# answer is on the safe side.
MOST_REPLICAS = 32
# Each repeat starts with an empty queue; so much of it is not counted.
WARM_UP_SHARE = 0.1


class Simulated(BaseModel):
    """
    What the simulated fleet did.

    Attributes:
        p50_ms: Median response.
        p99_ms: 99th percentile of the response.
        p99_low_ms: Lower end of its 95 % interval.
        p99_high_ms: Upper end of its 95 % interval.
        utilization: Share of the time that a call slot was busy.
        mean_batch: Rows in a call.
        requests: Simulated requests, those of the warm-up included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: float
    p99_ms: float
    p99_low_ms: float
    p99_high_ms: float
    utilization: float = Field(ge=0)
    mean_batch: float = Field(ge=1)
    requests: int


def simulate(service: ServiceTimes, fleet: Fleet, arrivals: Arrivals, seed: int = 1) -> Simulated:
    """
    Return the response of a fleet that is not saturated; same arguments, same result.

    Ten repeats with seeds of their own are independent, so their p99s give a Student interval (Law, Simulation Modeling
    and Analysis, 2015, section 9.4). Their requests together give the quantiles, which has less bias than a mean of ten.
    """
    short = simulate_requests(service, fleet, arrivals, SHORT_REQUESTS, seed)
    if short.p99_high_ms - short.p99_ms <= NARROW * short.p99_ms:
        return short
    return simulate_requests(service, fleet, arrivals, LONG_REQUESTS, seed)


def simulate_requests(
    service: ServiceTimes, fleet: Fleet, arrivals: Arrivals, requests: int, seed: int = 1
) -> Simulated:
    """Return the response as `simulate` does, from this many requests."""
    if fleet.replicas > MOST_REPLICAS:
        share = MOST_REPLICAS / fleet.replicas
        fleet = fleet.model_copy(update={"replicas": MOST_REPLICAS})
        arrivals = arrivals.model_copy(update={"rate_rps": arrivals.rate_rps * share})
    count = requests // REPEATS
    runs = list[Served]()
    draws = CallDraws(service, seed)
    for own_seed in _seeds(seed):
        arrivals_ms = first_arrivals(count, arrivals.rate_rps / 1000, own_seed, arrivals.variation)
        warm_ms = arrivals_ms[int(WARM_UP_SHARE * count)]
        runs.append(_serve(arrivals_ms, fleet, draws, warm_ms, own_seed))
    counted_s = sum(len(run.responses_ms) for run in runs) / arrivals.rate_rps
    return _summed_up(runs, fleet, service.latency_ms, counted_s, count * REPEATS)


def replay(
    service: ServiceTimes, fleet: Fleet, arrivals_s: Sequence[float], seconds: float, seed: int = 1
) -> Simulated:
    """
    Return the response to exactly these arrivals, with call times that are drawn ten times.

    Args:
        service: Measured call times.
        fleet: What answers.
        arrivals_s: Moments in s, ascending; at least one.
        seconds: Length of the window that they lie in.
        seed: Decides the call times.
    """
    draws = CallDraws(service, seed)
    arrivals_ms = [1000 * time_s for time_s in arrivals_s]
    runs = [_serve(arrivals_ms, fleet, draws, 0.0, own_seed) for own_seed in _seeds(seed)]
    return _summed_up(runs, fleet, service.latency_ms, REPEATS * seconds, REPEATS * len(arrivals_ms))


def _seeds(seed: int) -> list[int]:
    return [seed * REPEATS + repeat for repeat in range(REPEATS)]


def _summed_up(runs: Sequence[Served], fleet: Fleet, latency_ms: float, counted_s: float, requests: int) -> Simulated:
    ordered = [sorted(run.responses_ms) for run in runs]
    together = sorted(response for responses in ordered for response in responses)
    p99s = [_quantile(responses, 0.99) for responses in ordered]
    p99_ms = _quantile(together, 0.99)
    reach_ms = STUDENT_T * stdev(p99s) / math.sqrt(REPEATS)
    slots = fleet.replicas * fleet.concurrent_calls
    return Simulated(
        p50_ms=latency_ms + _quantile(together, 0.5),
        p99_ms=latency_ms + p99_ms,
        p99_low_ms=latency_ms + max(0.0, min(p99_ms, fmean(p99s)) - reach_ms),
        p99_high_ms=latency_ms + max(p99_ms, fmean(p99s)) + reach_ms,
        utilization=sum(run.busy_ms for run in runs) / 1000 / counted_s / slots,
        mean_batch=len(together) / sum(run.calls for run in runs),
        requests=requests,
    )


def _serve(arrivals_ms: Sequence[float], fleet: Fleet, draws: CallDraws, warm_ms: float, seed: int) -> Served:
    if fleet.replicas == 1 or fleet.routing is Routing.SHARED_QUEUE:
        return _serve_line(arrivals_ms, fleet, draws, warm_ms)
    if fleet.routing is Routing.LEAST_OUTSTANDING:
        return serve_least_outstanding(arrivals_ms, fleet, draws, warm_ms)
    shares = _shares(arrivals_ms, fleet, seed)
    alone = fleet.model_copy(update={"replicas": 1})
    served = [_serve_line(share, alone, draws, warm_ms) for share in shares]
    return Served(
        responses_ms=[response for part in served for response in part.responses_ms],
        busy_ms=sum(part.busy_ms for part in served),
        calls=sum(part.calls for part in served),
    )


def _serve_line(arrivals_ms: Sequence[float], fleet: Fleet, draws: CallDraws, warm_ms: float) -> Served:
    if fleet.replicas == fleet.concurrent_calls == 1:
        return serve_one_call(arrivals_ms, fleet.max_batch_size, draws, warm_ms)
    return serve_shared(arrivals_ms, fleet, draws, warm_ms)


def _shares(arrivals_ms: Sequence[float], fleet: Fleet, seed: int) -> list[list[float]]:
    """Return each replica's arrivals where the balancer does not look at what the replicas do."""
    if fleet.routing is Routing.ROUND_ROBIN:
        return [list(arrivals_ms[replica :: fleet.replicas]) for replica in range(fleet.replicas)]
    pick = random.Random(f"routing {seed}").random  # noqa: S311 - decides a simulation, no secret
    shares = [list[float]() for _ in range(fleet.replicas)]
    for at_ms in arrivals_ms:
        shares[int(fleet.replicas * pick())].append(at_ms)
    return shares


def _quantile(ordered: Sequence[float], quantile: float) -> float:
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)]
