"""
`predicted-p99`: the p99 that the capacity model predicts, against the p99 that the endpoint has under that load.

The endpoint runs what the stack `local` plans, with batching and without. Requests come from a second process, as a Poisson
process and in bursts, at 30 % to 85 % of the predicted capacity, in rounds: what disturbs the machine for a minute disturbs
one round of some loads.

Each round first measures the bare model, as the build step does, and predicts the response to the very arrivals that it
then sends: in a window of 15 s one seed's bursts differ from another's by more than any model is wrong. What the plan says
from the locked measurements, for a load of any length, is compared too, and is only told.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from statistics import median

from benchmarks.load_rounds import LoadPoint, Round, load_point, run_round
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
    errors = [abs(point.error) for point in points]
    passes = [point.false_passes(SLAS_MS) for point in points]
    worst = max(points, key=lambda point: abs(point.error))
    slas = f"SLAs of {', '.join(map(str, SLAS_MS))} ms at each load"
    results = (
        _result("", median(errors), "% off, median", HIGHEST_MEDIAN_ERROR, errors, _bias(points)),
        _result("-worst", max(errors), "% off, worst", HIGHEST_ERROR, errors, worst.description),
        _result("-false-passes", sum(passes), "SLAs", 0, passes, slas),
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


def _bias(points: Sequence[LoadPoint]) -> str:
    late = sum(point.client_lag_p99_ms > 5 for point in points)  # noqa: PLR2004 - as `serving bench` counts it
    plan = [abs(point.plan_error) for point in points if point.plan_error is not None]
    return (
        f"{len(points)} loads, bias {median(point.error for point in points):+.1f} %; the plan itself, from the lock and for "
        f"loads of any length, {median(plan):.1f} % off; client, server and model share the cores, and the client was late "
        f"in {late} loads"
    )


def _listed(points: Sequence[LoadPoint]) -> bytes:
    return ("[" + ",\n".join(point.model_dump_json() for point in points) + "]\n").encode()


def _result(  # noqa: PLR0913, PLR0917 - the fields that differ between the results
    suffix: str, value: float, unit: str, highest: float, samples: list[float] | list[int], remark: str
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
