"""The optimization report as a table: the original against each candidate."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from optimizers.accuracy import Accuracy
from optimizers.configuration import shown_configuration
from optimizers.processor_load import QUIET_CPU_SHARE
from optimizers.report import ORIGINAL, CandidateReport, Interval, Measurement, Report
from stacks.cli.console import results, table

UNKNOWN = "-"
# A narrower console has no room for confidence intervals; `--json` has them.
WIDTH_FOR_INTERVALS = 130
NUMBERS = ("p50 ms", "p99 ms", "rows/s", "size MB", "memory MB")


def report_table(report: Report) -> Table:
    """Return one row a candidate: batch 1, one call at a time, with 95 % confidence intervals."""
    rows = f"{report.sequence_length} tokens, " if report.sequence_length else ""
    metric = next((item.parity.metric for item in report.candidates if item.parity), "parity")
    accuracy = next((item.accuracy for item in report.candidates if item.accuracy), None)
    nearness = (metric,) if accuracy is None else (metric, str(accuracy.metric))
    result = table(
        f"Optimization on {escape(report.hardware.cpu_model)}, {shown_configuration(report.threads, report.streams)} ({rows}batch 1)",
        "candidate", *NUMBERS, *nearness, "verdict", numbers=(*NUMBERS, *nearness),
    )  # fmt: skip
    result.caption_justify, result.caption_style = "left", ""
    result.caption = "\n".join(_remarks(report))
    shows_intervals = results().width >= WIDTH_FOR_INTERVALS
    for candidate in report.candidates:
        style = "bold green" if candidate.name == report.chosen else None
        scored = () if accuracy is None else (_scored(candidate, accuracy),)
        *cells, verdict = _cells(candidate, shows_intervals=shows_intervals)
        result.add_row(*cells, *scored, verdict, style=style)
    return result


def _remarks(report: Report) -> Iterator[str]:
    if report.compared_rows is not None and report.samples_from is not None:
        yield f"Compared on {report.compared_rows} rows: {escape(report.samples_from)}."
    if report.evaluated_on is not None:
        yield f"Scored on {escape(report.evaluated_on)}: labels decide."
    busy = report.other_cpu_share or 0
    if busy > QUIET_CPU_SHARE:
        yield (
            f"[yellow]The machine was {busy:.0%} busy with other work meanwhile, so these times are too long. "
            "Measure again when it is quiet: serving optimize --force[/]"
        )


def _scored(candidate: CandidateReport, accuracy: Accuracy) -> str:
    if candidate.name == ORIGINAL:
        return f"{accuracy.original:.5f}"
    return f"{candidate.accuracy.value:.5f}" if candidate.accuracy else UNKNOWN


def _cells(candidate: CandidateReport, *, shows_intervals: bool) -> tuple[str, ...]:
    def shown(interval: Interval) -> str:
        bounds = f" [dim]({interval.low_ms:.2f}-{interval.high_ms:.2f})[/]" if shows_intervals else ""
        return f"{interval.value_ms:.2f}{bounds}"

    single: Measurement | None = candidate.at(batch_size=1, concurrency=1)
    best = candidate.best_throughput_rps
    return (
        candidate.name,
        shown(single.p50) if single else UNKNOWN,
        shown(single.p99) if single else UNKNOWN,
        f"{best:.0f}" if best else UNKNOWN,
        f"{candidate.size_bytes / 1e6:.1f}" if candidate.size_bytes else UNKNOWN,
        f"{candidate.memory_bytes / 1e6:.0f}" if candidate.memory_bytes else UNKNOWN,
        f"{candidate.parity.value:.5f}" if candidate.parity else UNKNOWN,
        escape(candidate.verdict),
    )
