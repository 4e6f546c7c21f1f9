"""
`predicted-p99`: the p99 that the capacity model predicts, against the p99 that the endpoint has under that load.

The endpoint runs what the stack `local` plans, with batching and without. Requests come from a second process, as a Poisson
process and in bursts, at 30 % to 85 % of the predicted capacity, in rounds: what disturbs the machine for a minute disturbs
one round of some loads.

The bare model is measured, as the build step does, before and after each load, and the response is predicted to the very
arrivals that are sent between: in a window of 15 s one seed's bursts differ from another's by more than any model is wrong. What the plan says
from the locked measurements, for a load of any length, is held to the same goals: it is what `latency-budget` judges.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from statistics import median

from benchmarks.load_rounds import MOST_TRIES, LoadPoint, Round, load_point, run_round
from benchmarks.prediction_plot import plot
from benchmarks.result import OUT, BenchmarkResult, write_result
from benchmarks.served_endpoint import ServedEndpoint, served_endpoint
from components.capacity.fleet import Arrivals
from components.embedded.inputs import read_and_predict
from optimizers.atomic_file import write_atomically
from optimizers.hardware import detect

COMMAND = "make bench ONLY=predicted-p99"
NAME = "predicted-p99"
UTILIZATIONS = (0.3, 0.5, 0.7, 0.85)
VARIATIONS = (1.0, 4.0)
# None is what the stack asks for.
BATCH_SIZES = (None, 1)
ROUNDS = 3
SECONDS = 15.0
HIGHEST_MEDIAN_ERROR = 12.0
HIGHEST_ERROR = 30.0
# SLAs as people write them; a pass is judged at each.
SLAS_MS = (50, 100, 200, 500, 1000)


def main(seconds: float = SECONDS, rounds: int = ROUNDS) -> int:
    """Measure each load in so many rounds of so many seconds and return 1 if a goal is missed."""
    points = list[LoadPoint]()
    for max_batch_size in BATCH_SIZES:
        with served_endpoint(max_batch_size) as endpoint:
            points += _points(endpoint, seconds, rounds)
    for kind, content in plot(points).items():
        write_atomically(OUT / f"{NAME}.{kind}", content)
    write_atomically(OUT / f"{NAME}-points.json", _listed(points))
    results = (
        *_results("", "", points, [point.error for point in points], [point.false_passes(SLAS_MS) for point in points]),
        *_results(
            "-plan",
            "the plan itself, from the lock; ",
            points,
            [point.plan_error for point in points],
            [point.plan_false_passes(SLAS_MS) for point in points],
        ),
    )
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _points(endpoint: ServedEndpoint, seconds: float, rounds: int) -> list[LoadPoint]:
    capacity_rps = endpoint.plan.predicted.capacity_rps.value or 0.0
    loads = [
        Arrivals(rate_rps=utilization * capacity_rps, variation=variation)
        for variation in VARIATIONS
        for utilization in UTILIZATIONS
    ]
    planned = read_and_predict(endpoint.plan.name, endpoint.inputs, loads)
    found: list[list[Round]] = [[] for _ in loads]
    for number in range(1, rounds + 1):
        for own, result in zip(found, run_round(endpoint, loads, seconds, number), strict=True):
            own.append(result)
    points = [
        load_point(int(endpoint.plan.max_batch_size.value), load, prediction, own)
        for load, prediction, own in zip(loads, planned, found, strict=True)
    ]
    for point in points:
        print(f"  {point.description}", file=sys.stderr)
    return points


def _results(
    suffix: str, remark: str, points: Sequence[LoadPoint], errors: Sequence[float], passes: Sequence[int]
) -> tuple[BenchmarkResult, ...]:
    """Hold the errors in percent and the false passes of one kind of prediction to the goals."""
    sizes = [abs(error) for error in errors]
    late = sum(point.client_lag_p99_ms > 5 for point in points)  # noqa: PLR2004 - as `serving bench` counts it
    disturbed = sum(item.disturbed for point in points for item in point.rounds)
    bias = (
        f"{remark}{len(sizes)} loads, bias {median(errors):+.1f} %; client, server and model share the cores, and the client "
        f"was late in {late} loads; the machine changed within {disturbed} of {sum(len(point.rounds) for point in points)} rounds that were "
        f"counted, each after {MOST_TRIES} tries"
    )
    worst = points[sizes.index(max(sizes))].description
    slas = f"{remark}SLAs of {', '.join(map(str, SLAS_MS))} ms at each load"
    return (
        _result(suffix, median(sizes), "% off, median", HIGHEST_MEDIAN_ERROR, sizes, bias),
        _result(f"{suffix}-worst", max(sizes), "% off, worst", HIGHEST_ERROR, sizes, remark + worst),
        _result(f"{suffix}-false-passes", sum(passes), "SLAs", 0, passes, slas),
    )


def _listed(points: Sequence[LoadPoint]) -> bytes:
    return ("[" + ",\n".join(point.model_dump_json() for point in points) + "]\n").encode()


def _result(  # noqa: PLR0913, PLR0917 - the fields that differ between the results
    suffix: str, value: float, unit: str, highest: float, samples: Sequence[float], remark: str
) -> BenchmarkResult:
    return BenchmarkResult(
        name=NAME + suffix,
        value=value,
        unit=unit,
        goal=f"<= {highest:g}",
        ok=value <= highest,
        samples=tuple(samples),
        spread=(min(samples), max(samples)),
        peer="the endpoint under the load that the prediction was made for",
        machine=detect(),
        versions={library: version(library) for library in ("bentoml", "openvino", "onnxruntime", "aiohttp")},
        command=COMMAND,
        remark=remark,
    )


if __name__ == "__main__":
    sys.exit(main())
