"""The optimization report as a table: the original against each candidate."""

from rich.table import Table

from optimizers.report import CandidateReport, Interval, Measurement, Parity, Report
from stacks.cli.console import table

UNKNOWN = "-"


def report_table(report: Report) -> Table:
    """Return one row a candidate: batch 1, one call at a time, with 95 % confidence intervals."""
    rows = f"{report.sequence_length} tokens, " if report.sequence_length else ""
    result = table(
        f"Optimization on {report.hardware.cpu_model}, {report.threads} threads ({rows}batch 1)",
        "candidate", "p50 ms", "p99 ms", "rows/s", "size MB", "parity", "verdict",
    )  # fmt: skip
    for candidate in report.candidates:
        style = "bold green" if candidate.name == report.chosen else None
        result.add_row(*_cells(candidate), style=style)
    return result


def _cells(candidate: CandidateReport) -> tuple[str, ...]:
    single: Measurement | None = candidate.at(batch_size=1, concurrency=1)
    best = max((item.throughput_rps for item in candidate.measurements), default=None)
    return (
        candidate.name,
        _interval(single.p50) if single else UNKNOWN,
        _interval(single.p99) if single else UNKNOWN,
        f"{best:.1f}" if best else UNKNOWN,
        f"{candidate.size_bytes / 1e6:.1f}" if candidate.size_bytes else UNKNOWN,
        _parity(candidate.parity),
        candidate.verdict,
    )


def _interval(interval: Interval) -> str:
    return f"{interval.value_ms:.2f} [dim]({interval.low_ms:.2f}-{interval.high_ms:.2f})[/]"


def _parity(parity: Parity | None) -> str:
    return f"{parity.metric} {parity.value:.5f}" if parity else UNKNOWN
