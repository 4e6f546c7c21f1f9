"""A picture of latency against load, measured and predicted."""

from io import BytesIO
from typing import Any

from components.load.result import LoadResult
from optimizers.errors import MissingExtra

KINDS = ("png", "svg")
SIZE_INCHES = (9.0, 5.5)
DOTS_PER_INCH = 130
# Past this ratio of the highest to the lowest latency a linear axis hides the low ones.
LINEAR_RATIO = 20
COLOURS = {"p50": "#1f77b4", "p90": "#7f7f7f", "p99": "#d62728"}


def plot(result: LoadResult) -> dict[str, bytes]:
    """
    Return the picture as `png` and `svg`; the same result gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtra("bench", "the plot of `serving bench`") from None
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context({"svg.hashsalt": "model-serving", "svg.fonttype": "none", "font.size": 10}):
        figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
        try:
            _draw(axes, result)
            return {kind: _saved(figure, kind) for kind in KINDS}
        finally:
            plt.close(figure)


def _draw(axes: Any, result: LoadResult) -> None:  # noqa: ANN401 - matplotlib has partial types
    rates = [step.rate_rps for step in result.steps]
    drawn = list[float]()
    for name, colour in COLOURS.items():
        measured = [_known(getattr(step, f"{name}_ms")) for step in result.steps]
        axes.plot(rates, measured, color=colour, marker="o", label=f"{name} measured")
        drawn += [value for value in measured if value == value]  # noqa: PLR0124 - leaves out NaN
    for name in ("p50", "p99"):
        predicted = [_known(getattr(step, f"predicted_{name}_ms")) for step in result.steps]
        axes.plot(rates, predicted, color=COLOURS[name], linestyle="--", label=f"{name} predicted")
        drawn += [value for value in predicted if value == value]  # noqa: PLR0124 - leaves out NaN
    axes.axhline(result.latency_sla_ms, color="black", linewidth=1, label=f"SLA {result.latency_sla_ms} ms")
    axes.axvline(
        result.predicted_capacity_rps,
        color="black",
        linewidth=1,
        linestyle=":",
        label=f"capacity predicted, {result.predicted_capacity_rps:g} requests/s",
    )
    drawn.append(result.latency_sla_ms)
    if max(drawn) > LINEAR_RATIO * max(min(drawn), 1e-3):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.set_xlabel("offered load, requests/s (Poisson arrivals)")
    axes.set_ylabel("latency at the caller, ms")
    axes.set_title(
        f"{result.name}: {result.artifact} on {result.hardware.cpu_model}, {result.hardware.cpu_cores} cores",
        loc="left",
    )
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _saved(figure: Any, kind: str) -> bytes:  # noqa: ANN401 - matplotlib has partial types
    stream = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": "model-serving"}
    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return stream.getvalue()
