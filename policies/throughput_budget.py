"""`throughput-budget`: the endpoint can answer the declared peak rate."""

from components.endpoint_plan import EndpointPlan
from policies.busy_measurement import measure_again
from policies.endpoint_policy import endpoint_policy


def check(plan: EndpointPlan) -> list[str]:
    """Return a violation if the predicted capacity is unknown or below `throughput_rps`."""
    capacity_rps, asked_rps = plan.predicted.capacity_rps.value, plan.throughput_rps
    if capacity_rps is None:
        return [f"the capacity is unknown and {asked_rps} requests/s are asked for; run `serving optimize`"]
    if capacity_rps < asked_rps:
        return [
            (
                f"predicted capacity {capacity_rps:g} requests/s is under the {asked_rps} requests/s asked for; "
                f"lower `throughput_rps` to {int(capacity_rps)}, allow more optimizations or use a faster machine"
                f"{measure_again(plan)}"
            )
        ]
    return []


throughput_budget = endpoint_policy(
    name="throughput-budget", description="The predicted capacity is at least `throughput_rps`.", check=check
)
