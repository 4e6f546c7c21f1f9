"""One round of loads on a served endpoint, each predicted from calls that were measured just before."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from benchmarks.served_endpoint import ServedEndpoint
from components.capacity.arrivals import arrival_times
from components.capacity.fleet import Arrivals, Fleet
from components.capacity.prediction import Prediction
from components.capacity.simulation import replay
from components.embedded.plan import server_times
from components.embedded.readiness import PREDICT_PATH
from components.load.inputs import measured_rows
from components.load.job import LoadAnswer, LoadJob
from components.load.process import run_job
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.errors import DeployError
from optimizers.hardware import detect
from optimizers.processor_load import processor_times
from optimizers.report import Measurement
from optimizers.rows import RowEncoder
from optimizers.session import open_session, read_manifest
from optimizers.statistics import percentile

WARM_UP_S = 2.0
BROKEN_BY = 1.1
# Half of the time goes to one row at a time, and a few calls are made of each larger batch.
CALLS = BenchmarkConfig(budget_s=12, calls_per_turn=2)


class Round(BaseModel):
    """
    One load, once.

    Attributes:
        unanswered: Of the requests; they count as answered when their time was up.
        high_ms: Upper end of the interval of the predicted p99.
        busy_cpu_share: Of all cores, 0 to 1, whoever kept them busy; more than at a similar load means a disturbed round.
        call_p50_ms: Median of a bare call of one row, just before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int
    unanswered: int
    predicted_ms: float
    high_ms: float
    measured_ms: float
    predicted_p50_ms: float
    measured_p50_ms: float
    client_lag_p99_ms: float
    busy_cpu_share: float
    call_p50_ms: float


class LoadPoint(BaseModel):
    """
    One load: the medians of its rounds.

    Attributes:
        max_batch_size: Most rows in a call.
        variation: Squared coefficient of variation of the gaps between arrivals.
        utilization: Share of the predicted capacity.
        plan_ms: The p99 that the plan predicts from the lock, for a load of any length; None at the capacity.
        measured_low_ms: The lowest p99 of a round.
        measured_high_ms: The highest p99 of a round.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_batch_size: int
    variation: float
    utilization: float
    rate_rps: float
    plan_ms: float | None
    predicted_ms: float
    high_ms: float
    measured_ms: float
    measured_low_ms: float
    measured_high_ms: float
    client_lag_p99_ms: float
    rounds: tuple[Round, ...]

    @property
    def error(self) -> float:
        """Predicted over measured, less one, in percent."""
        return 100 * (self.predicted_ms / self.measured_ms - 1)

    @property
    def plan_error(self) -> float | None:
        """The same of the plan's own prediction."""
        return None if self.plan_ms is None else 100 * (self.plan_ms / self.measured_ms - 1)

    def false_passes(self, slas_ms: Sequence[float]) -> int:
        """Return how many SLAs the prediction keeps and the measurement breaks by more than a tenth."""
        return sum(self.high_ms <= sla_ms and self.measured_ms > BROKEN_BY * sla_ms for sla_ms in slas_ms)

    @property
    def description(self) -> str:
        """The load and what came of it, in one line."""
        arrivals = "Poisson" if self.variation == 1 else f"bursts (Ca2 {self.variation:g})"
        plan = "none" if self.plan_ms is None else f"{self.plan_ms:.1f} ms"
        p50 = "; ".join(f"{item.predicted_p50_ms:.1f} and {item.measured_p50_ms:.1f}" for item in self.rounds)
        rounds = "; ".join(f"{item.predicted_ms:.0f} and {item.measured_ms:.0f}" for item in self.rounds)
        return (
            f"batches of {self.max_batch_size}, {arrivals}, {self.rate_rps:.1f} requests/s ({self.utilization:.0%}): p99 "
            f"{self.predicted_ms:.1f} ms predicted, {self.measured_ms:.1f} ms measured, {self.error:+.0f} %; in rounds "
            f"{rounds} ms; p50 {p50} ms; by the plan {plan}"
        )


def run_round(endpoint: ServedEndpoint, loads: Sequence[Arrivals], seconds: float, number: int) -> list[Round]:
    """
    Measure the bare model, then each load for so many seconds.

    Args:
        endpoint: What is loaded.
        loads: Rates and variations.
        seconds: Length of each load.
        number: Of the round; decides the arrivals.
    """
    folder = Path(endpoint.config.artifact_folder)
    rows = measured_rows(folder, endpoint.plan.measured.sequence_length)
    calls = _bare_calls(folder, rows, endpoint)
    _load(endpoint, loads[0], rows, WARM_UP_S, seed=0)
    results = list[Round]()
    for index, load in enumerate(loads):
        results.append(_round(endpoint, calls, load, rows, seconds, seed=1000 * number + index))
        print(f"  round {number}, {load.rate_rps:.1f} requests/s: {results[-1]}", file=sys.stderr)
    return results


def load_point(max_batch_size: int, load: Arrivals, planned: Prediction, rounds: Sequence[Round]) -> LoadPoint:
    """Return the medians of the rounds of one load."""
    measured_ms = [item.measured_ms for item in rounds]
    return LoadPoint(
        max_batch_size=max_batch_size,
        variation=load.variation,
        utilization=round(planned.utilization, 3),
        rate_rps=round(load.rate_rps, 3),
        plan_ms=planned.p99_ms,
        predicted_ms=median(item.predicted_ms for item in rounds),
        high_ms=median(item.high_ms for item in rounds),
        measured_ms=median(measured_ms),
        measured_low_ms=min(measured_ms),
        measured_high_ms=max(measured_ms),
        client_lag_p99_ms=median(item.client_lag_p99_ms for item in rounds),
        rounds=tuple(rounds),
    )


def _bare_calls(folder: Path, rows: list[Any], endpoint: ServedEndpoint) -> tuple[Measurement, ...]:
    encoder = RowEncoder(read_manifest(folder), folder)
    sizes = [size for size in CALLS.profile_batch_sizes if size <= int(endpoint.plan.max_batch_size.value)]
    batches = {size: encoder.encode([rows[index % len(rows)] for index in range(size)]) for size in sizes}
    session = open_session(folder, int(endpoint.plan.threads.value))
    concurrencies = tuple(sorted({1, int(endpoint.plan.concurrent_calls.value)}))
    config = CALLS.model_copy(update={"batch_sizes": tuple(sizes), "concurrencies": concurrencies})
    return measure({"served": session}, batches, config)["served"]


def _round(  # noqa: PLR0913, PLR0917 - what is loaded, how, and what it is predicted from
    endpoint: ServedEndpoint,
    calls: tuple[Measurement, ...],
    load: Arrivals,
    rows: list[Any],
    seconds: float,
    seed: int,
) -> Round:
    in_flight = int(endpoint.plan.concurrent_calls.value)
    predicted = replay(
        server_times(calls, in_flight),
        Fleet(max_batch_size=int(endpoint.plan.max_batch_size.value), concurrent_calls=in_flight),
        arrival_times(load.rate_rps, seconds, seed, load.variation),
        seconds,
    )
    before = processor_times()
    answer = _load(endpoint, load, rows, seconds, seed)
    after = processor_times()
    latencies_ms = [*answer.latencies_ms, *[1000 * endpoint.config.request_timeout_s] * sum(answer.errors.values())]
    busy_s = (after.busy_s - before.busy_s) / (after.at_s - before.at_s)
    return Round(
        requests=len(latencies_ms),
        unanswered=sum(answer.errors.values()),
        predicted_ms=predicted.p99_ms,
        high_ms=predicted.p99_high_ms,
        measured_ms=percentile(latencies_ms, 0.99).value_ms,
        predicted_p50_ms=predicted.p50_ms,
        measured_p50_ms=percentile(latencies_ms, 0.5).value_ms,
        client_lag_p99_ms=percentile(answer.lags_ms, 0.99).value_ms,
        busy_cpu_share=round(busy_s / detect().cpu_cores, 3),
        call_p50_ms=calls[0].p50.value_ms,
    )


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
    if not answer.latencies_ms:
        raise DeployError(f"no request was answered: {answer.errors}")
    return answer
