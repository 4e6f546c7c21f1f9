"""Pictures of an optimization, as SVG that stands inside a page."""

from collections.abc import Callable
from io import StringIO
from typing import Any

from optimizers.errors import MissingExtra
from optimizers.metrics import METRICS
from optimizers.report import ORIGINAL, CandidateReport, Report

WIDTH_INCHES = 8.0
BAR_INCHES = 0.42
CURVE_INCHES = 3.4
ROOM_FOR_NOTES = 1.2
# Readable on white and on black.
CHOSEN, OTHER, REFUSED, LINE = "#2a9d5c", "#6b8fb5", "#b0b0b0", "#808080"
P50, P99, ROWS = "#3b7dbf", "#d1495b", "#2a9d5c"


def latency_chart(report: Report) -> str:
    """Return bars of each candidate's p50 for one row, with its p99 as a mark; the original is a line. SVG."""
    measured = [(item, single) for item in report.candidates if (single := item.at(1, 1)) is not None]
    measured.sort(key=lambda pair: pair[1].p50.value_ms, reverse=True)

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib has partial types
        for place, (item, single) in enumerate(measured):
            p50, p99 = single.p50, single.p99
            axes.barh(place, p50.value_ms, color=_colour(report, item), height=0.62)
            axes.plot([p50.low_ms, p50.high_ms], [place, place], color=LINE, linewidth=1)
            axes.plot(p99.value_ms, place, marker="|", color=P99, markersize=12, markeredgewidth=2)
            slowest_ms = max(p50.value_ms, p99.value_ms)
            note = f"  {p50.value_ms:.3g} / {p99.value_ms:.3g}"
            axes.annotate(note, (slowest_ms, place), va="center", color=LINE, fontsize=9)
            if item.name == ORIGINAL:
                axes.axvline(p50.value_ms, color=LINE, linestyle=":", linewidth=1)
        axes.set_yticks(range(len(measured)), [item.name for item, _ in measured])
        longest_ms = max(max(single.p50.value_ms, single.p99.value_ms) for _, single in measured)
        axes.set_xlim(0, ROOM_FOR_NOTES * longest_ms)
        axes.set_xlabel("ms for one row: bar p50, red mark p99, dotted the original's p50")
        axes.grid(visible=True, axis="x", alpha=0.25)

    return _svg(draw, 1.1 + BAR_INCHES * len(measured)) if measured else ""


def batch_chart(report: Report) -> str:
    """Return latency and rows a second of the chosen candidate against the rows of a call. SVG."""
    calls = sorted((item for item in report.call_times if item.concurrency == 1), key=lambda item: item.batch_size)
    sizes = [item.batch_size for item in calls]

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib has partial types
        axes.plot(sizes, [item.p50.value_ms for item in calls], color=P50, marker="o", label="p50, ms a call")
        axes.plot(sizes, [item.p99.value_ms for item in calls], color=P99, marker="o", label="p99, ms a call")
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.set_ylim(bottom=0)
        axes.set_xlabel("rows in a call, one call at a time")
        axes.set_ylabel("ms a call")
        rows = axes.twinx()
        rows.plot(
            sizes,
            [item.throughput_rps for item in calls],
            color=ROWS,
            marker="s",
            linestyle="--",
            label="rows a second",
        )
        rows.set_ylim(bottom=0)
        rows.set_ylabel("rows a second")
        rows.tick_params(colors=LINE)
        rows.yaxis.label.set_color(LINE)
        for spine in rows.spines.values():
            spine.set_color(LINE)
        handles = [*axes.get_lines(), *rows.get_lines()]
        axes.legend(handles, [line.get_label() for line in handles], loc="center left", frameon=False, labelcolor=LINE)
        axes.grid(visible=True, alpha=0.25)

    return _svg(draw, CURVE_INCHES)


def parity_chart(report: Report) -> str:
    """Return each candidate's nearness to the original against its p50; the threshold is a line. SVG."""
    compared = sorted(
        ((item, item.parity) for item in report.candidates if item.parity is not None), key=lambda pair: pair[1].value
    )

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib has partial types
        for place, (item, parity) in enumerate(compared):
            axes.plot(parity.value, place, marker="o", markersize=9, color=_colour(report, item))
            single = item.at(1, 1)
            note = "  refused" if is_refused(item) else f"  {single.p50.value_ms:.3g} ms" if single else ""
            axes.annotate(note, (parity.value, place), va="center", color=LINE, fontsize=9)
        limit = compared[0][1]
        axes.axvline(limit.threshold, color=P99, linewidth=1, linestyle="--")
        worse = "right" if limit.metric == "max_error" else "left"
        decided = any(item.accuracy for item, _ in compared)
        verdict = "would be refused without labelled data" if decided else "is refused"
        axes.set_xlabel(f"{limit.metric}; {worse} of the dashed line ({limit.threshold:g}) {verdict}")
        axes.set_yticks(range(len(compared)), [item.name for item, _ in compared])
        axes.margins(x=0.25)
        axes.grid(visible=True, axis="x", alpha=0.25)

    return _svg(draw, 1.1 + BAR_INCHES * len(compared)) if compared else ""


def accuracy_chart(report: Report) -> str:
    """Return each candidate's score on the labelled data; the original and the limit are lines. SVG."""
    scored = [(item, item.accuracy) for item in report.candidates if item.accuracy is not None]
    if not scored:
        return ""
    first = scored[0][1]
    scored.sort(key=lambda pair: pair[1].value, reverse=not METRICS[first.metric].higher_is_better)

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib has partial types
        for place, (item, accuracy) in enumerate(scored):
            axes.plot(accuracy.value, place, marker="o", markersize=9, color=_colour(report, item))
            note = f"  {accuracy.value:.5g}" + ("  refused" if is_refused(item) else "")
            axes.annotate(note, (accuracy.value, place), va="center", color=LINE, fontsize=9)
        axes.axvline(first.original, color=LINE, linestyle=":", linewidth=1)
        axes.axvline(first.limit, color=P99, linewidth=1, linestyle="--")
        worse = "left" if METRICS[first.metric].higher_is_better else "right"
        axes.set_xlabel(
            f"{first.metric}; dotted the original ({first.original:.5g}), "
            f"{worse} of the dashed line ({first.limit:.5g}) is refused"
        )
        axes.set_yticks(range(len(scored)), [item.name for item, _ in scored])
        axes.margins(x=0.25)
        axes.grid(visible=True, axis="x", alpha=0.25)

    return _svg(draw, 1.1 + BAR_INCHES * len(scored))


def _colour(report: Report, item: CandidateReport) -> str:
    if item.name == report.chosen:
        return CHOSEN
    return REFUSED if is_refused(item) or item.name == ORIGINAL else OTHER


def is_refused(item: CandidateReport) -> bool:
    """Return whether a candidate could not be built, or is not right enough to be served."""
    return item.name != ORIGINAL and not item.is_right


def _svg(draw: Callable[[Any], None], height_inches: float) -> str:
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtra("report", "the pictures of `serving report`") from None
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    # A name is a name, also one with the signs of a formula in it.
    style: dict[Any, Any] = {
        "text.parse_math": False,
        "svg.hashsalt": "model-serving",
        "svg.fonttype": "none",
        "font.size": 10,
        "font.family": "sans-serif",
    }
    colours = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), LINE)
    with mpl.rc_context({**style, **colours}):
        figure, axes = plt.subplots(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
        try:
            axes.set_facecolor("none")
            draw(axes)
            stream = StringIO()
            figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
        finally:
            plt.close(figure)
    # Without the XML and document type lines, which have no place inside a page.
    text = stream.getvalue()
    return text[text.index("<svg") :]
