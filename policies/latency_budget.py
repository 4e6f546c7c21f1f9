"""
`latency-budget` and `latency-warning`: the predicted p99, at the upper end of its interval, stays within the SLA.

`latency-budget` refuses, `latency-warning` tells where less of the SLA is left than its headroom.
"""

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.capacity.prediction import judged_p99_ms, p99_in_words
from components.endpoint_plan import EndpointPlan
from policies.busy_measurement import measure_again
from policies.configuration import PolicyConfiguration
from policies.endpoint_policy import configured_endpoint_policy, endpoint_policy
from policies.prediction_basis import HOW, prediction_basis


class LatencyHeadroom(PolicyConfiguration):
    """The configuration of `latency-warning`."""

    headroom: float | None = Field(
        default=None, ge=0, lt=1, description="Share of the SLA that must stay free. Not set: nothing is judged."
    )


def check(plan: EndpointPlan, headroom: float = 0) -> list[str]:
    """Return a violation if the p99 is unknown or, at its upper end, above `latency_sla_ms` less a share that must stay free."""
    p99_ms, high_ms, sla_ms = plan.predicted.p99_ms.value, plan.predicted.p99_high_ms.value, plan.latency_sla_ms
    judged_ms = judged_p99_ms(p99_ms, high_ms)
    basis = f"predicted {HOW[plan.predicted.method]}, {prediction_basis(plan)}"
    if p99_ms is None or judged_ms is None:
        return [
            (
                f"predicted p99 has no limit at {plan.throughput_rps} requests/s, the SLA is {sla_ms} ms; "
                f"lower `throughput_rps` below {_shown(plan.predicted.capacity_rps.value)} or use a faster machine; {basis}"
                f"{measure_again(plan)}"
            )
        ]
    limit_ms = (1 - headroom) * sla_ms
    if judged_ms > limit_ms:
        less = f"{limit_ms:g} ms, which leaves {headroom:.0%} of " if headroom else ""
        return [
            (
                f"predicted p99 {p99_in_words(p99_ms, high_ms)} is over {less}the SLA of {sla_ms} ms at "
                f"{plan.throughput_rps} requests/s; raise `latency_sla_ms` to {int(judged_ms / (1 - headroom)) + 1}, lower "
                f"`throughput_rps` or allow more optimizations; {basis}{measure_again(plan)}"
            )
        ]
    return []


def _shown(value: float | None) -> str:
    return "an unknown limit" if value is None else f"{value:g}"


def _warn(plan: EndpointPlan, limit: LatencyHeadroom) -> list[str]:
    return [] if limit.headroom is None else check(plan, limit.headroom)


latency_budget = endpoint_policy(
    name="latency-budget",
    description="The predicted p99, at its upper end, is at most `latency_sla_ms`.",
    check=check,
)
latency_warning = configured_endpoint_policy(
    "latency-warning",
    "The predicted p99, at its upper end, leaves at least the warning's `headroom` of `latency_sla_ms`.",
    LatencyHeadroom,
    _warn,
    EnforcementLevel.ADVISORY,
)
