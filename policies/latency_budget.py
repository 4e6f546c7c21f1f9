"""`latency-budget`: the predicted p99 stays within the SLA."""

from components.endpoint_plan import EndpointPlan
from policies.busy_measurement import measure_again
from policies.endpoint_policy import endpoint_policy


def check(plan: EndpointPlan) -> list[str]:
    """Return a violation if the predicted p99 is unknown or above `latency_sla_ms`."""
    p99_ms, sla_ms = plan.predicted.p99_ms.value, plan.latency_sla_ms
    if p99_ms is None:
        return [
            (
                f"predicted p99 has no limit at {plan.throughput_rps} requests/s, the SLA is {sla_ms} ms; "
                f"lower `throughput_rps` below {_shown(plan.predicted.capacity_rps.value)} or use a faster machine"
                f"{measure_again(plan)}"
            )
        ]
    if p99_ms > sla_ms:
        return [
            (
                f"predicted p99 {p99_ms:g} ms is over the SLA of {sla_ms} ms at {plan.throughput_rps} requests/s; "
                f"raise `latency_sla_ms` to {int(p99_ms) + 1}, lower `throughput_rps` or allow more optimizations"
                f"{measure_again(plan)}"
            )
        ]
    return []


def _shown(value: float | None) -> str:
    return "an unknown limit" if value is None else f"{value:g}"


latency_budget = endpoint_policy(
    name="latency-budget", description="The predicted p99 is at most `latency_sla_ms`.", check=check
)
