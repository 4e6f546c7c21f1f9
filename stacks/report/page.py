"""One model's optimization as a page that needs no other file and no network."""

from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from optimizers.configuration import shown_configuration
from optimizers.errors import MissingExtra
from optimizers.lock import LockedModel
from optimizers.processor_load import QUIET_CPU_SHARE
from optimizers.report import ORIGINAL, CandidateReport, Report
from stacks.report.charts import accuracy_chart, batch_chart, is_refused, latency_chart, parity_chart

TEMPLATE = "page.html.j2"
NONE = "-"


class Row(NamedTuple):
    """A candidate as the table shows it; `kind` is `chosen`, `original`, `refused` or `other`."""

    kind: str
    name: str
    runtime: str
    precision: str
    p50: str
    p99: str
    rows: str
    size: str
    memory: str
    threads: str
    load: str
    parity: str
    accuracy: str
    verdict: str


def page(name: str, locked: LockedModel, report: Report) -> str:
    """
    Return the page: the same arguments give the same text.

    Args:
        name: Of the endpoint.
        locked: What was built.
        report: One of its reports.

    Raises:
        MissingExtra: jinja2 or matplotlib is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("report", "`serving report`") from None
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((resources.files("stacks.report") / TEMPLATE).read_text(encoding="utf-8"))
    chosen = report.candidate(report.chosen)
    return template.render(
        name=name,
        report=report,
        chosen=chosen,
        speed_up=_speed_up(report),
        rows=[_row(report, item) for item in report.candidates],
        facts=list(_facts(locked, report)),
        artifacts=locked.artifacts,
        charts={
            "How fast each candidate answers one row": latency_chart(report),
            f"What larger batches of {report.chosen} cost": batch_chart(report),
            "How right each candidate is on the labelled data": accuracy_chart(report),
            "How near each candidate's answers are to the original's": parity_chart(report),
        },
    )


def _speed_up(report: Report) -> str:
    original, chosen = report.candidate(ORIGINAL).at(1, 1), report.candidate(report.chosen).at(1, 1)
    if original is None or chosen is None or not chosen.p50.value_ms:
        return ""
    return f"{original.p50.value_ms / chosen.p50.value_ms:.2f}"


def _row(report: Report, item: CandidateReport) -> Row:
    single = item.at(1, 1)
    best = item.best_throughput_rps
    return Row(
        kind=_kind(report, item),
        name=item.name,
        runtime=item.runtime,
        precision=item.precision,
        p50=f"{single.p50.value_ms:.2f}" if single else NONE,
        p99=f"{single.p99.value_ms:.2f}" if single else NONE,
        rows=f"{best:.0f}" if best else NONE,
        size=f"{item.size_bytes / 1e6:.1f}" if item.size_bytes else NONE,
        memory=f"{item.memory_bytes / 1e6:.0f}" if item.memory_bytes else NONE,
        threads=f"{item.configuration.threads} x {item.configuration.streams}" if item.configuration else NONE,
        load=f"{item.load_time_s:.2f}" if item.load_time_s is not None else NONE,
        parity=f"{item.parity.metric} {item.parity.value:.5f}" if item.parity else NONE,
        accuracy=f"{item.accuracy.metric} {item.accuracy.value:.5g}" if item.accuracy else NONE,
        verdict=item.verdict,
    )


def _kind(report: Report, item: CandidateReport) -> str:
    if item.name in {report.chosen, ORIGINAL}:
        return "chosen" if item.name == report.chosen else "original"
    return "refused" if is_refused(item) else "other"


def _facts(locked: LockedModel, report: Report) -> Iterator[tuple[str, str]]:
    hardware = report.hardware
    yield "model", f"{locked.request.location}, {locked.request.model_format}, {locked.model_size_bytes / 1e6:.1f} MB"
    yield "sha256 of the model", locked.model_sha256
    yield "sha256 of the recipe", locked.recipe_sha256
    yield "measured", f"{report.measured_at} on {hardware.cpu_model}, {hardware.cpu_cores} cores"
    yield (
        "each call",
        shown_configuration(report.threads, report.streams)
        + (f", {report.sequence_length} tokens a row" if report.sequence_length else ""),
    )
    if report.compared_rows is not None and report.samples_from is not None:
        yield "compared on", f"{report.compared_rows} rows: {report.samples_from}"
    if report.evaluated_on is not None:
        yield "scored on", report.evaluated_on
    if report.server is not None:
        yield "the server adds", f"{report.server.busy_ms:.2g} ms a row busy, {report.server.waiting_ms:.2g} ms waiting"
    busy = report.other_cpu_share or 0
    if busy > QUIET_CPU_SHARE:
        yield "disturbed", f"other work kept {busy:.0%} of the machine busy, so these times are too long"
    yield "libraries", ", ".join(f"{library} {version}" for library, version in sorted(report.versions.items()))
