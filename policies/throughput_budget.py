"""
`throughput-budget` and `throughput-warning`: the endpoint can answer the declared peak rate.

`throughput-budget` refuses, `throughput-warning` tells where less of the capacity is left than its headroom.
"""

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.endpoint_plan import EndpointPlan
from policies.busy_measurement import measure_again
from policies.configuration import PolicyConfiguration
from policies.endpoint_policy import configured_endpoint_policy, endpoint_policy
from policies.prediction_basis import prediction_basis


class ThroughputHeadroom(PolicyConfiguration):
    """The configuration of `throughput-warning`."""

    headroom: float | None = Field(
        default=None, ge=0, lt=1, description="Share of the capacity that must stay free. Not set: nothing is judged."
    )


def check(plan: EndpointPlan, headroom: float = 0) -> list[str]:
    """Return a violation if the predicted capacity is unknown or, less what must stay free, below `throughput_rps`."""
    capacity_rps, asked_rps = plan.predicted.capacity_rps.value, plan.throughput_rps
    basis = f"predicted {prediction_basis(plan)}"
    if capacity_rps is None:
        return [f"the capacity is unknown and {asked_rps} requests/s are asked for; run `serving optimize`; {basis}"]
    usable_rps = (1 - headroom) * capacity_rps
    if usable_rps < asked_rps:
        less = f", of which {headroom:.0%} must stay free ({usable_rps:g} usable)," if headroom else ""
        return [
            (
                f"predicted capacity {capacity_rps:g} requests/s{less} is under the {asked_rps} requests/s asked for; "
                f"lower `throughput_rps` to {int(usable_rps)}, allow more optimizations or use a faster machine; {basis}"
                f"{measure_again(plan)}"
            )
        ]
    return []


def _warn(plan: EndpointPlan, limit: ThroughputHeadroom) -> list[str]:
    return [] if limit.headroom is None else check(plan, limit.headroom)


throughput_budget = endpoint_policy(
    name="throughput-budget", description="The predicted capacity is at least `throughput_rps`.", check=check
)
throughput_warning = configured_endpoint_policy(
    "throughput-warning",
    "At least the warning's `headroom` of the predicted capacity stays free at `throughput_rps`.",
    ThroughputHeadroom,
    _warn,
    EnforcementLevel.ADVISORY,
)
