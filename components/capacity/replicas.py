"""The fewest replicas that keep an SLA."""

import math
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.fleet import Arrivals, Fleet
from components.capacity.predict import predict
from components.capacity.prediction import Prediction
from components.capacity.service import ServiceTimes
from optimizers.errors import GoalUnreachable, NoCapacity

# The most replicas that any stack may ask for; a fleet that needs more needs other machines.
HIGHEST_REPLICAS = 1000

# What answers how a fleet responds: `predict`, or a quicker one.
Predictor = Callable[[ServiceTimes, Fleet, Arrivals, float | None], Prediction]


class ReplicaChoice(BaseModel):
    """
    The fewest replicas, and why not fewer.

    Attributes:
        replicas: Number of replicas.
        prediction: Of this many.
        basis: What decides the number, in one sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int = Field(ge=1)
    prediction: Prediction
    basis: str


def fewest_replicas(  # noqa: PLR0913 - what the load is, what answers it, and the three limits
    service: ServiceTimes,
    replica: Fleet,
    arrivals: Arrivals,
    *,
    sla_ms: float,
    target_utilization: float,
    most: int = HIGHEST_REPLICAS,
    predictor: Predictor = predict,
) -> ReplicaChoice:
    """
    Return the fewest replicas whose p99, with its interval, is within the SLA and whose utilization is within its target.

    More replicas never answer later, so the number is bracketed by doubling and then halved.

    Args:
        service: Measured call times.
        replica: Batching and routing; its number of replicas is not looked at.
        arrivals: The load of all replicas.
        sla_ms: The highest p99.
        target_utilization: The highest utilization, above 0 and at most 1.
        most: The highest number of replicas.
        predictor: What says how a fleet responds.

    Raises:
        GoalUnreachable: A replica that has nothing else to do does not answer within the SLA.
        NoCapacity: The highest number of replicas is too few.
        ValueError: A limit is out of its range.
    """
    if sla_ms <= 0 or not 0 < target_utilization <= 1 or most < 1:
        raise ValueError(
            f"an SLA of {sla_ms:g} ms, a target utilization of {target_utilization:g} and {most} replicas at most; needs an "
            "SLA above 0, a target in (0, 1] and at least one replica"
        )

    def of(replicas: int, load: Arrivals) -> Prediction:
        return predictor(service, replica.model_copy(update={"replicas": replicas}), load, sla_ms)

    bare_ms = service.idle_p99_ms
    if bare_ms > sla_ms:
        raise GoalUnreachable(
            f"one request alone has a p99 of {bare_ms:.1f} ms, over the SLA of {sla_ms:g} ms; no number of replicas helps; "
            f"raise `latency_sla_ms` to {math.ceil(bare_ms)} or more, or use a faster artifact or machine"
        )
    capacity_rps = replica.model_copy(update={"replicas": 1}).capacity_rps(service)
    fewest = max(1, math.ceil(arrivals.rate_rps / (target_utilization * capacity_rps) * (1 - 1e-12)))
    found: dict[int, Prediction] = {}

    def holds(replicas: int) -> bool:
        found[replicas] = of(replicas, arrivals)
        p99_high_ms = found[replicas].p99_high_ms
        return p99_high_ms is not None and p99_high_ms <= sla_ms

    low, high = fewest - 1, fewest
    while high <= most and not holds(high):
        low, high = high, most if high < most < 2 * high else 2 * high
    if high > most:
        raise NoCapacity(
            f"{most} replicas do not answer {arrivals.rate_rps:g} requests/s within {sla_ms:g} ms at a utilization of at "
            f"most {target_utilization:g}; lower the rate, raise `latency_sla_ms` or use a faster machine"
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    fewer = found[high - 1].p99_high_ms if high > fewest else None
    if high == fewest:
        why = f"fewer would be busier than the target of {target_utilization:.0%}"
    elif fewer is None:
        why = f"{high - 1} cannot carry the load"
    else:
        why = f"{high - 1} would have a p99 of up to {fewer:.1f} ms, over the SLA of {sla_ms:g} ms"
    return ReplicaChoice(replicas=high, prediction=found[high], basis=f"{why}; {found[high].model}")
