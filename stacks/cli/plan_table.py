"""The plan as a table: each decision and number with its basis."""

from rich.markup import escape
from rich.table import Table

from components.endpoint_plan import ColdStart, Decision, EndpointPlan, Estimate
from stacks.cli.console import table

UNBOUNDED = "no limit"
UNKNOWN = "unknown"
AS_ABOVE = "as above"


def plan_table(plan: EndpointPlan) -> Table:
    """Return one row a decision or prediction."""
    result = table(f"Plan of `{plan.name}` on `{plan.target}`", "what", "value", "basis")
    artifact, parity, accuracy = plan.artifact, plan.parity, plan.accuracy
    result.add_row("platform", *_decision(plan.platform))
    result.add_row("first choice", *_decision(plan.first_choice))
    checked = f"{parity.metric} {parity.value:.5f}, threshold {parity.threshold:g}" if parity else "no parity recorded"
    if accuracy:
        checked = f"{accuracy.in_words}; {checked}"
    result.add_row("artifact", artifact.name, f"sha256 {artifact.sha256[:12]}, {artifact.size_mb:g} MB; {checked}")
    for name, decision in (
        ("replicas", plan.replicas),
        ("workers", plan.workers),
        ("threads", plan.threads),
        ("streams", plan.streams),
        ("max batch size", plan.max_batch_size),
        ("concurrent calls", plan.concurrent_calls),
    ):
        result.add_row(name, *_decision(decision))
    result.add_row("memory", *_estimate(plan.resources.memory_mib, " MiB"))
    result.add_row("cold start", *_cold_start(plan.cold_start))
    predicted = plan.predicted
    before = ""
    for name, estimate, unit in (
        ("predicted p50", predicted.p50_ms, " ms"),
        ("predicted p99", predicted.p99_ms, " ms"),
        (f"p99 at the most, SLA {plan.latency_sla_ms} ms", predicted.p99_high_ms, " ms"),
        (f"capacity, asked {plan.throughput_rps}/s", predicted.capacity_rps, "/s"),
        ("utilization", predicted.utilization, ""),
    ):
        value, basis = _estimate(estimate, unit)
        result.add_row(name, value, AS_ABOVE if basis == before else basis)
        before = basis
    return result


def _decision(decision: Decision) -> tuple[str, str]:
    return str(decision.value), escape(decision.basis)


def _estimate(estimate: Estimate, unit: str) -> tuple[str, str]:
    return UNBOUNDED if estimate.value is None else f"{estimate.value:g}{unit}", escape(estimate.basis)


def _cold_start(cold_start: ColdStart) -> tuple[str, str]:
    total = cold_start.total_s
    parts = (
        f"{name.removesuffix('_s').replace('_', ' ')} {UNKNOWN if part.value is None else f'{part.value:g} s'} ({part.basis})"
        for name, part in cold_start.parts.items()
        if part.value != 0
    )
    return UNKNOWN if total is None else f"{total:g} s", escape(", ".join(parts))
