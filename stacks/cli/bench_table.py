"""A load's result as a table: measured beside predicted."""

from rich.table import Table

from components.load.result import LoadResult, LoadStep
from stacks.cli.console import table

UNKNOWN = "-"


def bench_table(result: LoadResult) -> Table:
    """Return one row a rate."""
    shown = table(
        f"Load on `{result.name}` ({result.artifact}), SLA {result.latency_sla_ms} ms, "
        f"predicted capacity {result.predicted_capacity_rps:g} requests/s",
        "requests/s", "answered/s", "sent", "errors", "p50 ms (predicted)", "p90 ms", "p99 ms (predicted)", "verdict",
    )  # fmt: skip
    for step in result.steps:
        shown.add_row(
            f"{step.rate_rps:g}",
            f"{step.throughput_rps:.1f}",
            str(step.sent),
            ", ".join(f"{count} x {kind}" for kind, count in step.errors.items()) or "0",
            f"{_milliseconds(step.p50_ms)} ({_milliseconds(step.predicted_p50_ms)})",
            _milliseconds(step.p90_ms),
            f"{_milliseconds(step.p99_ms)} ({_milliseconds(step.predicted_p99_ms)})",
            _verdict(step, result.latency_sla_ms),
        )
    return shown


def _verdict(step: LoadStep, sla_ms: int) -> str:
    if step.client_was_late:
        return f"[yellow]the client was {step.client_lag_p99_ms:.0f} ms late: it measured itself too[/]"
    if step.errors:
        return "[red]errors[/]"
    if step.p99_ms is None:
        return "nothing was sent"
    return "[green]within the SLA[/]" if step.p99_ms <= sla_ms else "[red]over the SLA[/]"


def _milliseconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}"
