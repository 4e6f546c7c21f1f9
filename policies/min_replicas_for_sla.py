"""`min-replicas-for-sla`: enough replicas always run to keep the SLA until an autoscaler has added others."""

from pydantic import Field

from components.endpoint_plan import EndpointPlan
from policies.cold_start_budget import unknown_parts
from policies.configuration import PolicyConfiguration
from policies.endpoint_policy import configured_endpoint_policy


class ScaleToZero(PolicyConfiguration):
    """The policy's configuration."""

    allow_scale_to_zero: bool = Field(
        default=False, description="Whether the first callers may wait for a cold start that is longer than the SLA."
    )


def check(plan: EndpointPlan, waiver: ScaleToZero) -> list[str]:
    """
    Return a violation for each way in which the lower bound of the autoscaler breaks the SLA.

    Where nothing scales, no replica is ever late, and `throughput-budget` judges whether there are enough.
    """
    scaling = plan.scaling
    if scaling.min_replicas > scaling.max_replicas:
        return [
            f"min_replicas {scaling.min_replicas} is over max_replicas {scaling.max_replicas}; raise `max_replicas`"
        ]
    found = [] if scaling.min_replicas or waiver.allow_scale_to_zero else _first_caller_waits(plan)
    if scaling.min_replicas == scaling.max_replicas:
        return found
    needed = plan.lowest_min_replicas
    # From zero a first replica is started whatever the traffic is; that it comes late has been judged above.
    running = max(1, scaling.min_replicas)
    if needed.value is None:
        found.append(f"how many replicas must always run is unknown ({needed.basis}); declare the traffic")
    elif needed.value > running:
        found.append(
            f"min_replicas {scaling.min_replicas} is under the {needed.value:g} that keep the SLA of {plan.latency_sla_ms} ms "
            f"while others start: {needed.basis}; raise `min_replicas` to {needed.value:g}"
        )
    return found


def _first_caller_waits(plan: EndpointPlan) -> list[str]:
    total_s, sla_ms = plan.cold_start.total_s, plan.latency_sla_ms
    waive = "raise `min_replicas` to 1, or set `allow_scale_to_zero` of this policy"
    if total_s is None:
        return [f"min_replicas 0 has a cold start of unknown length: {unknown_parts(plan.cold_start)}; {waive}"]
    if 1000 * total_s > sla_ms:
        return [
            f"min_replicas 0 lets the first caller wait {total_s:g} s, over the SLA of {sla_ms} ms; {waive}",
        ]
    return []


min_replicas_for_sla = configured_endpoint_policy(
    "min-replicas-for-sla", "Enough replicas always run to keep the SLA while others start.", ScaleToZero, check
)
