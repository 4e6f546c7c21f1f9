"""A picture of predicted against measured p99: a point on the diagonal was predicted exactly."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Protocol

BANDS = ((0.12, "#9ecae1"), (0.30, "#deebf7"))
SIZE_INCHES = (7.0, 6.0)
DOTS_PER_INCH = 130
COLOURS = {False: "#1f77b4", True: "#d62728"}


class Point(Protocol):
    """What is drawn of one load."""

    @property
    def max_batch_size(self) -> int: ...  # noqa: D102 - named as in `LoadPoint`
    @property
    def variation(self) -> float: ...  # noqa: D102
    @property
    def predicted_ms(self) -> float: ...  # noqa: D102
    @property
    def measured_ms(self) -> float: ...  # noqa: D102
    @property
    def measured_low_ms(self) -> float: ...  # noqa: D102
    @property
    def measured_high_ms(self) -> float: ...  # noqa: D102


def plot(points: Sequence[Point]) -> dict[str, bytes]:
    """Return the picture as `png` and `svg`."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
    try:
        _draw(axes, points)
        return {kind: _saved(figure, kind) for kind in ("png", "svg")}
    finally:
        plt.close(figure)


def _draw(axes: Any, points: Sequence[Point]) -> None:  # noqa: ANN401 - matplotlib has partial types
    values = [value for point in points for value in (point.predicted_ms, point.measured_ms)]
    ends = [0.8 * min(values), 1.25 * max(values)]
    for reach, colour in reversed(BANDS):
        low, high = ([end * (1 + sign * reach) for end in ends] for sign in (-1, 1))
        axes.fill_between(ends, low, high, color=colour, linewidth=0, label=f"within {reach:.0%}")
    axes.plot(ends, ends, color="black", linewidth=1)
    for (batched, bursty), shown in _grouped(points).items():
        measured = [point.measured_ms for point in shown]
        below = [point.measured_ms - point.measured_low_ms for point in shown]
        above = [point.measured_high_ms - point.measured_ms for point in shown]
        axes.errorbar(
            measured,
            [point.predicted_ms for point in shown],
            xerr=[below, above],
            fmt="s" if batched else "o",
            color=COLOURS[bursty],
            elinewidth=0.7,
            label=f"{'bursts' if bursty else 'Poisson'}, {'batches' if batched else 'single rows'}",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_xlabel("measured p99, ms (95 % interval)")
    axes.set_ylabel("predicted p99, ms")
    axes.legend(loc="upper left", frameon=False)


def _grouped(points: Sequence[Point]) -> dict[tuple[bool, bool], list[Point]]:
    groups: dict[tuple[bool, bool], list[Point]] = {}
    for point in points:
        groups.setdefault((point.max_batch_size > 1, point.variation > 1), []).append(point)
    return groups


def _saved(figure: Any, kind: str) -> bytes:  # noqa: ANN401 - matplotlib has partial types
    stream = BytesIO()
    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH)
    return stream.getvalue()
