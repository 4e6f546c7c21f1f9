"""The formula's answer for a fleet whose calls hold one row each: the explanation beside the simulation's verdict."""

from pydantic import BaseModel, ConfigDict

from components.capacity.fleet import Arrivals, Fleet, Routing
from components.capacity.queueing import allen_cunneen_wait_s, erlang_c, response_quantile_s
from components.capacity.service import ServiceTimes

# Of the 1,000 quantiles of a call time, every so many-th is enough for a formula.
STRIDE = 5


class ClosedForm(BaseModel):
    """
    What the formula says, and its inputs.

    Attributes:
        name: Kendall's notation of the queue.
        service_variation: Squared coefficient of variation of the service time.
        utilization: Of calls of one row; below 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    service_variation: float
    utilization: float
    p50_ms: float
    p99_ms: float


def closed_form(service: ServiceTimes, fleet: Fleet, arrivals: Arrivals) -> ClosedForm | None:
    """
    Return the response by Erlang C, Allen-Cunneen and an exponential tail; None where single rows cannot carry the load.

    A balancer that looks at no replica gives each one a queue of its own. Of renewal arrivals, a random share has gaps of
    variation 1 + (Ca2 - 1) / replicas, every n-th has Ca2 / replicas (Whitt 1983, "The Queueing Network Analyzer", Bell
    System Technical Journal 62.9). One that looks is taken for a shared queue, its lower bound.
    """
    calls, replicas = fleet.concurrent_calls, fleet.replicas
    services_s = [
        (time_ms + service.request_ms(1, calls)) / 1000
        for time_ms in service.call(1, calls).quantiles_ms()[STRIDE // 2 :: STRIDE]
    ]
    service_s = service.busy_ms(1, calls) / 1000
    variation = service.call(1, calls).variance_ms2 / (1000 * service_s) ** 2
    servers, rate_rps, arrival_variation = calls * replicas, arrivals.rate_rps, arrivals.variation
    if replicas > 1 and fleet.routing in {Routing.RANDOM, Routing.ROUND_ROBIN}:
        servers, rate_rps = calls, rate_rps / replicas
        random = fleet.routing is Routing.RANDOM
        arrival_variation = 1 + (arrival_variation - 1) / replicas if random else arrival_variation / replicas
    load = rate_rps * service_s
    if load >= servers:
        return None
    waits = erlang_c(servers, load)
    mean_wait_s = allen_cunneen_wait_s(servers, rate_rps, service_s, variation, arrival_variation)
    return ClosedForm(
        name=f"{'M' if arrival_variation == 1 else 'G'}/G/{servers}",
        service_variation=variation,
        utilization=load / servers,
        p50_ms=1000 * response_quantile_s(services_s, waits, mean_wait_s, 0.5) + service.latency_ms,
        p99_ms=1000 * response_quantile_s(services_s, waits, mean_wait_s, 0.99) + service.latency_ms,
    )
