"""Threads and streams, in words."""

from optimizers.report import Report


def shown_configuration(report: Report) -> str:
    """Return what the chosen candidate's calls compute with."""
    threads = "1 thread" if report.threads == 1 else f"{report.threads} threads"
    return threads if report.streams == 1 else f"{threads} for each of {report.streams} calls at once"
