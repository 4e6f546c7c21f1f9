"""
`predicted-p99`: the p99 that the plan predicts, against the p99 that the endpoint has under that load.

The endpoint runs what the stack `local` plans, with batching and without. Requests come from a second process, as a Poisson
process and in bursts, at 30 % to 85 % of the predicted capacity. The prediction is made as the plan makes it, before the load,
from the locked measurements of the bare model.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from benchmarks.prediction_plot import plot
from benchmarks.result import OUT, BenchmarkResult, write_result
from benchmarks.served_endpoint import ServedEndpoint, served_endpoint
from components.capacity.fleet import Arrivals
from components.embedded.inputs import read_and_predict
from components.embedded.readiness import PREDICT_PATH
from components.load.inputs import measured_rows
from components.load.job import LoadAnswer, LoadJob
from components.load.process import run_job
from optimizers.atomic_file import write_atomically
from optimizers.errors import DeployError
from optimizers.hardware import detect
from optimizers.processor_load import processor_times
from optimizers.statistics import percentile

COMMAND = "make bench ONLY=predicted-p99"
NAME = "predicted-p99"
UTILIZATIONS = (0.3, 0.5, 0.7, 0.85)
VARIATIONS = (1.0, 4.0)
# None is what the stack asks for.
BATCH_SIZES = (None, 1)
SECONDS = 60.0
WARM_UP_S = 3.0
HIGHEST_MEDIAN_ERROR = 12.0
HIGHEST_ERROR = 30.0
# SLAs as people write them; a pass is judged at each.
SLAS_MS = (50, 100, 200, 500, 1000)
BROKEN_BY = 1.1


class LoadPoint(BaseModel):
    """
    One load.

    Attributes:
        max_batch_size: Most rows in a call.
        variation: Squared coefficient of variation of the gaps between arrivals.
        utilization: Share of the predicted capacity.
        high_ms: Upper end of the interval of the predicted p99.
        measured_low_ms: Lower end of the interval of the measured p99; too near, since waits in a row are alike.
        busy_cpu_share: Of all cores, 0 to 1, whoever kept them busy; more than at a similar load means a disturbed one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_batch_size: int
    variation: float
    utilization: float
    rate_rps: float
    requests: int
    predicted_ms: float
    high_ms: float
    measured_ms: float
    measured_low_ms: float
    measured_high_ms: float
    predicted_p50_ms: float
    measured_p50_ms: float
    client_lag_p99_ms: float
    busy_cpu_share: float

    @property
    def error(self) -> float:
        """Predicted over measured, less one, in percent."""
        return 100 * (self.predicted_ms / self.measured_ms - 1)

    @property
    def false_passes(self) -> int:
        """SLAs that the prediction keeps and the measurement breaks by more than a tenth."""
        return sum(self.high_ms <= sla_ms and self.measured_ms > BROKEN_BY * sla_ms for sla_ms in SLAS_MS)


def main(seconds: float = SECONDS) -> int:
    """Measure each load for so many seconds and return 1 if a goal is missed."""
    points = list[LoadPoint]()
    for max_batch_size in BATCH_SIZES:
        with served_endpoint(max_batch_size) as endpoint:
            points += _points(endpoint, seconds)
    for kind, content in plot(points).items():
        write_atomically(OUT / f"{NAME}.{kind}", content)
    write_atomically(OUT / f"{NAME}-points.json", _listed(points))
    errors = [abs(point.error) for point in points]
    slack = [point.false_passes for point in points]
    worst = max(points, key=lambda point: abs(point.error))
    results = (
        _result("", median(errors), "% off, median", HIGHEST_MEDIAN_ERROR, errors, _bias(points)),
        _result("-worst", max(errors), "% off, worst", HIGHEST_ERROR, errors, _described(worst)),
        _result(
            "-false-passes", sum(slack), "SLAs", 0, slack, f"SLAs of {', '.join(map(str, SLAS_MS))} ms at each load"
        ),
    )
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _points(endpoint: ServedEndpoint, seconds: float) -> list[LoadPoint]:
    capacity_rps = endpoint.plan.predicted.capacity_rps.value or 0.0
    loads = [
        Arrivals(rate_rps=utilization * capacity_rps, variation=variation)
        for variation in VARIATIONS
        for utilization in UTILIZATIONS
    ]
    predictions = read_and_predict(endpoint.plan.name, endpoint.inputs, loads)
    rows = measured_rows(Path(endpoint.config.artifact_folder), endpoint.plan.measured.sequence_length)
    _load(endpoint, loads[0], rows, WARM_UP_S, seed=0)
    points, cores = list[LoadPoint](), detect().cpu_cores
    for seed, (load, prediction) in enumerate(zip(loads, predictions, strict=True), start=1):
        before = processor_times()
        answer = _load(endpoint, load, rows, seconds, seed)
        after = processor_times()
        measured = percentile(answer.latencies_ms, 0.99)
        if prediction.p50_ms is None or prediction.p99_ms is None or prediction.p99_high_ms is None:
            raise DeployError(f"no p99 is predicted at a utilization of {prediction.utilization:.2f}")
        points.append(
            LoadPoint(
                max_batch_size=int(endpoint.plan.max_batch_size.value),
                variation=load.variation,
                utilization=round(prediction.utilization, 3),
                rate_rps=round(load.rate_rps, 3),
                requests=len(answer.latencies_ms),
                predicted_ms=prediction.p99_ms,
                high_ms=prediction.p99_high_ms,
                measured_ms=measured.value_ms,
                measured_low_ms=measured.low_ms,
                measured_high_ms=measured.high_ms,
                predicted_p50_ms=prediction.p50_ms,
                measured_p50_ms=percentile(answer.latencies_ms, 0.5).value_ms,
                client_lag_p99_ms=percentile(answer.lags_ms, 0.99).value_ms,
                busy_cpu_share=round((after.busy_s - before.busy_s) / (after.at_s - before.at_s) / cores, 3),
            )
        )
        print(f"  {_described(points[-1])}", file=sys.stderr)
    return points


def _load(endpoint: ServedEndpoint, load: Arrivals, rows: list[Any], seconds: float, seed: int) -> LoadAnswer:
    answer = run_job(
        LoadJob(
            url=endpoint.config.url + PREDICT_PATH,
            rate_rps=load.rate_rps,
            arrival_variation=load.variation,
            seconds=seconds,
            seed=seed,
            timeout_s=endpoint.config.request_timeout_s + 1.0,
            reference=rows,
        )
    )
    if answer.errors or not answer.latencies_ms:
        raise DeployError(f"{len(answer.latencies_ms)} requests were answered, and not: {answer.errors}")
    return answer


def _described(point: LoadPoint) -> str:
    arrivals = "Poisson" if point.variation == 1 else f"bursts (Ca2 {point.variation:g})"
    return (
        f"batches of {point.max_batch_size}, {arrivals}, {point.rate_rps:.1f} requests/s ({point.utilization:.0%}): p99 "
        f"{point.predicted_ms:.1f} ms predicted, {point.measured_ms:.1f} ms measured "
        f"({point.measured_low_ms:.1f} to {point.measured_high_ms:.1f}; {point.requests} requests), {point.error:+.0f} %; "
        f"p50 {point.predicted_p50_ms:.1f} and {point.measured_p50_ms:.1f} ms; {point.busy_cpu_share:.0%} of the cores busy"
    )


def _bias(points: list[LoadPoint]) -> str:
    late = sum(point.client_lag_p99_ms > 5 for point in points)  # noqa: PLR2004 - as `serving bench` counts it
    return (
        f"{len(points)} loads, bias {median(point.error for point in points):+.1f} %; client, server and model share the "
        f"cores, and the client was late in {late} loads"
    )


def _listed(points: list[LoadPoint]) -> bytes:
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
