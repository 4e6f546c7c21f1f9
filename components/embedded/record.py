"""Whether the record of an endpoint follows from the measurement that its lock holds."""

from collections.abc import Iterator

from components.capacity.declared import disordered_rates
from components.capacity.fleet import Fleet
from components.capacity.prediction import Method
from components.embedded.plan import (
    UTILIZATION_DIGITS,
    batch_size_for,
    concurrent_calls,
    measured_alone,
    overhead_of,
    server_times,
)
from components.endpoint_plan import EndpointPlan, recorded_number
from optimizers.report import Report


def contradictions(plan: EndpointPlan, report: Report) -> list[str]:
    """
    Return a sentence for each number that no plan has which was made from the report.

    What it takes no simulation to tell is derived again. A p99 takes one, too long for each of a hundred endpoints, so it is
    held against the bare model: no server answers faster.

    Args:
        plan: What was recorded.
        report: The measurement that it names.
    """
    if not any(call.batch_size == call.concurrency == 1 for call in report.call_times):
        return ["the lock holds no measurement of one call at a time"]
    rates = disordered_rates(plan.traffic, plan.throughput_rps)
    return [*([rates] if rates else []), *_measured(plan, report), *_server(plan, report), *_p99(plan, report)]


def _measured(plan: EndpointPlan, report: Report) -> Iterator[str]:
    locked = measured_alone(report)
    for name in type(locked).model_fields:
        recorded, measured = getattr(plan.measured, name), getattr(locked, name)
        if recorded != measured:
            yield f"measured.{name} {_shown(recorded)} is not the {_shown(measured)} that was measured"


def _server(plan: EndpointPlan, report: Report) -> Iterator[str]:
    rows, calls, predicted = plan.max_batch_size.value, plan.concurrent_calls.value, plan.predicted
    best = concurrent_calls(report.call_times).value
    if calls != best:
        yield f"concurrent_calls {calls} is not the {best} that answered most when measured"
    if not isinstance(rows, int) or rows < 1:
        yield f"max_batch_size {rows} is no number of rows in a call"
        return
    allowed = batch_size_for(report.call_times, overhead_of(report), rows, plan.latency_sla_ms).value
    if rows != allowed:
        yield f"max_batch_size {rows} is not the {allowed} that keep two calls in a row within the SLA"
    fleet = Fleet(max_batch_size=rows, concurrent_calls=int(best))
    capacity_rps = fleet.capacity_rps(server_times(report.call_times, fleet.concurrent_calls, overhead_of(report)))
    busy = plan.throughput_rps / capacity_rps
    for name, recorded, derived in (
        ("capacity_rps", predicted.capacity_rps.value, recorded_number(capacity_rps)),
        ("utilization", predicted.utilization.value, round(busy, UTILIZATION_DIGITS)),
    ):
        if recorded != derived:
            yield f"{name} {_shown(recorded)} is not the {_shown(derived)} of calls as they were measured"
    if (predicted.method is Method.SATURATED) != (busy >= 1):
        yield f"method `{predicted.method}` is not the one at {busy:.0%} of the capacity"


def _p99(plan: EndpointPlan, report: Report) -> Iterator[str]:
    method, p99_ms, high_ms = plan.predicted.method, plan.predicted.p99_ms.value, plan.predicted.p99_high_ms.value
    known = method is not Method.SATURATED
    if (p99_ms is not None, high_ms is not None) != (known, known):
        yield f"a p99 of {_shown(p99_ms)} ms, at the most {_shown(high_ms)}, is none that `{method}` gives"
    if p99_ms is None or high_ms is None:
        return
    if high_ms < p99_ms:
        yield f"a p99 of {p99_ms:g} ms is over its upper end, {high_ms:g} ms"
    # The lower end of what was measured, of whichever call was fastest: a simulation draws few of the slowest calls.
    bare_ms = recorded_number(min(call.p99.low_ms for call in report.call_times))
    if bare_ms is not None and p99_ms < bare_ms:
        yield f"a p99 of {p99_ms:g} ms is under that of the model alone, measured as {bare_ms:g} ms at the least"


def _shown(value: object) -> str:
    return "unknown" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
