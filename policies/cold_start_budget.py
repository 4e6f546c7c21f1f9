"""
`cold-start-budget` and `cold-start-warning`: an endpoint answers soon enough after it was started from nothing.

`cold-start-budget` refuses, `cold-start-warning` tells; each has its own limit in the policy configuration of the stack.
"""

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.endpoint_plan import ColdStart, EndpointPlan
from policies.configuration import PolicyConfiguration
from policies.endpoint_policy import configured_endpoint_policy

# The part that takes longest to what makes it shorter.
REMEDIES = {
    "provisioning_s": "keep a machine ready",
    "image_s": "use a smaller image or keep it on the node",
    "server_s": "keep a replica running",
    "model_load_s": "use a smaller artifact",
    "warm_up_s": "lower `max_batch_size`",
}


class ColdStartLimit(PolicyConfiguration):
    """The policy's configuration."""

    seconds: float | None = Field(
        default=None, gt=0, description="From nothing to the first answer. Not set: nothing is judged."
    )


def check(plan: EndpointPlan, limit: ColdStartLimit) -> list[str]:
    """Return a violation if a part of the cold start is unknown or their sum is over the limit."""
    seconds, total_s = limit.seconds, plan.cold_start.total_s
    if seconds is None:
        return []
    if total_s is None:
        return [f"the cold start cannot be held against {seconds:g} s: {unknown_parts(plan.cold_start)}"]
    if total_s <= seconds:
        return []
    longest, part = max(plan.cold_start.parts.items(), key=lambda item: item[1].value or 0)
    return [
        (
            f"a cold start of {total_s:g} s is over {seconds:g} s; the longest part is `{longest}` with {part.value:g} s "
            f"({part.basis}); {REMEDIES[longest]}, or raise `seconds` to {total_s:g}"
        )
    ]


def unknown_parts(cold_start: ColdStart) -> str:
    """Return what is not known of a cold start, and why."""
    return ", ".join(f"`{name}` is unknown ({cold_start.parts[name].basis})" for name in cold_start.unknown)


cold_start_budget = configured_endpoint_policy(
    "cold-start-budget", "A cold start takes at most `seconds`.", ColdStartLimit, check
)
cold_start_warning = configured_endpoint_policy(
    "cold-start-warning",
    "A cold start takes at most the warning's `seconds`.",
    ColdStartLimit,
    check,
    EnforcementLevel.ADVISORY,
)
