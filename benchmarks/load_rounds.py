"""One round of loads on a served endpoint, each predicted from bare calls that were measured just before and after."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from benchmarks.bare_model import BareModel, between
from benchmarks.served_endpoint import ServedEndpoint
from components.capacity.arrivals import arrival_times
from components.capacity.fleet import Arrivals, Fleet
from components.capacity.prediction import Prediction, judged_p99_ms
from components.capacity.simulation import replay
from components.embedded.plan import server_times
from components.embedded.readiness import PREDICT_PATH
from components.load.inputs import measured_rows
from components.load.job import LoadAnswer, LoadJob
from components.load.process import run_job
from optimizers.errors import DeployError
from optimizers.hardware import detect
from optimizers.processor_load import processor_times
from optimizers.report import Measurement
from optimizers.statistics import percentile

# Long enough for batches of each size: the first call of a shape takes up to 16 ms more.
WARM_UP_S = 10.0
BROKEN_BY = 1.1
# Neighbours of a shared machine came or went within a load if bare calls after it differ so much from those before it.
DISTURBED = 0.1
MOST_TRIES = 3


class Round(BaseModel):
    """
    One load, once.

    Attributes:
        unanswered: Of the requests; they count as answered when their time was up.
        busy_cpu_share: Of all cores, 0 to 1, whoever kept them busy; more than at a similar load means a disturbed round.
        call_p50_ms: Median of a bare call of one row, just before and just after, in ms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int
    unanswered: int
    predicted_ms: float
    measured_ms: float
    predicted_p50_ms: float
    measured_p50_ms: float
    client_lag_p99_ms: float
    busy_cpu_share: float
    call_p50_ms: tuple[float, float]

    @property
    def disturbed(self) -> bool:
        """Whether the bare model became faster or slower by more than `DISTURBED` within the load."""
        low, high = sorted(self.call_p50_ms)
        return high > (1 + DISTURBED) * low


class LoadPoint(BaseModel):
    """
    One load: the medians of its rounds.

    Attributes:
        max_batch_size: Most rows in a call.
        variation: Squared coefficient of variation of the gaps between arrivals.
        utilization: Share of the predicted capacity.
        plan_ms: The p99 that the plan predicts from the lock, for a load of any length.
        plan_high_ms: Its upper end, which `latency-budget` holds against an SLA.
        measured_low_ms: The lowest p99 of a round.
        measured_high_ms: The highest p99 of a round.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_batch_size: int
    variation: float
    utilization: float
    rate_rps: float
    plan_ms: float
    plan_high_ms: float
    predicted_ms: float
    measured_ms: float
    measured_low_ms: float
    measured_high_ms: float
    client_lag_p99_ms: float
    rounds: tuple[Round, ...]

    @property
    def error(self) -> float:
        """
        Predicted over measured, less one, in percent: the median of the rounds.

        Each round's prediction is of its own arrivals and of the machine as it was then, so it is held against that round.
        """
        return 100 * median(item.predicted_ms / item.measured_ms - 1 for item in self.rounds)

    @property
    def plan_error(self) -> float:
        """The same of the plan's own prediction."""
        return 100 * (self.plan_ms / self.measured_ms - 1)

    def false_passes(self, slas_ms: Sequence[float]) -> int:
        """Return how many SLAs the prediction keeps and the measurement breaks by more than a tenth."""
        return self._false_passes(self.predicted_ms, slas_ms)

    def plan_false_passes(self, slas_ms: Sequence[float]) -> int:
        """Return the same of the plan's own prediction, as `latency-budget` judges it."""
        return self._false_passes(self.plan_high_ms, slas_ms)

    def _false_passes(self, p99_ms: float, slas_ms: Sequence[float]) -> int:
        return sum(p99_ms <= sla_ms and self.measured_ms > BROKEN_BY * sla_ms for sla_ms in slas_ms)

    @property
    def description(self) -> str:
        """The load and what came of it, in one line."""
        arrivals = "Poisson" if self.variation == 1 else f"bursts (Ca2 {self.variation:g})"
        p50 = "; ".join(f"{item.predicted_p50_ms:.1f} and {item.measured_p50_ms:.1f}" for item in self.rounds)
        rounds = "; ".join(f"{item.predicted_ms:.0f} and {item.measured_ms:.0f}" for item in self.rounds)
        off = f"{self.error:+.0f} % in the median round"
        return (
            f"batches of {self.max_batch_size}, {arrivals}, {self.rate_rps:.1f} requests/s ({self.utilization:.0%}): p99 "
            f"{self.predicted_ms:.1f} ms predicted, {self.measured_ms:.1f} ms measured, {off}; in rounds "
            f"{rounds} ms; p50 {p50} ms; by the plan {self.plan_ms:.1f} ms, up to {self.plan_high_ms:.1f}"
        )


def run_round(endpoint: ServedEndpoint, loads: Sequence[Arrivals], seconds: float, number: int) -> list[Round]:
    """
    Load the endpoint with each load for so many seconds, between measurements of the bare model.

    A load is repeated, twice at most, when the bare model shows that the machine itself changed within it.

    Args:
        endpoint: What is loaded.
        loads: Rates and variations.
        seconds: Length of each load.
        number: Of the round; decides the arrivals.
    """
    rows = measured_rows(Path(endpoint.config.artifact_folder), endpoint.plan.measured.sequence_length)
    jobs = [_job(endpoint, load, rows, seconds, seed=1000 * number + index) for index, load in enumerate(loads)]
    _answer(_job(endpoint, loads[-1], rows, WARM_UP_S, seed=0))
    bare, results = BareModel(endpoint, rows), list[Round]()
    calls = bare.calls()
    for job in jobs:
        tries = list[Round]()
        while not tries or (tries[-1].disturbed and len(tries) < MOST_TRIES):
            result, calls = _round(endpoint, bare, calls, job)
            tries.append(result)
            print(f"  round {number}, {job.rate_rps:.1f} requests/s: {result}", file=sys.stderr)
        results.append(tries[-1])
    return results


def _job(endpoint: ServedEndpoint, load: Arrivals, rows: list[Any], seconds: float, seed: int) -> LoadJob:
    return LoadJob(
        url=endpoint.config.url + PREDICT_PATH,
        rate_rps=load.rate_rps,
        arrival_variation=load.variation,
        seconds=seconds,
        seed=seed,
        timeout_s=endpoint.config.request_timeout_s + 1.0,
        reference=rows,
    )


def load_point(max_batch_size: int, load: Arrivals, planned: Prediction, rounds: Sequence[Round]) -> LoadPoint:
    """
    Return the medians of the rounds of one load.

    Raises:
        ValueError: The load is at the capacity, so the plan predicts no p99.
    """
    high_ms = judged_p99_ms(planned.p99_ms, planned.p99_high_ms)
    if planned.p99_ms is None or high_ms is None:
        raise ValueError(
            f"{load.rate_rps:g} requests/s reach the capacity of {planned.capacity_rps:g}; choose a lower load"
        )
    measured_ms = [item.measured_ms for item in rounds]
    return LoadPoint(
        max_batch_size=max_batch_size,
        variation=load.variation,
        utilization=round(planned.utilization, 3),
        rate_rps=round(load.rate_rps, 3),
        plan_ms=planned.p99_ms,
        plan_high_ms=high_ms,
        predicted_ms=median(item.predicted_ms for item in rounds),
        measured_ms=median(measured_ms),
        measured_low_ms=min(measured_ms),
        measured_high_ms=max(measured_ms),
        client_lag_p99_ms=median(item.client_lag_p99_ms for item in rounds),
        rounds=tuple(rounds),
    )


def _round(
    endpoint: ServedEndpoint, bare: BareModel, before: tuple[Measurement, ...], load: LoadJob
) -> tuple[Round, tuple[Measurement, ...]]:
    """Return what came of the load, and the bare calls that were measured after it."""
    plan, timeout_ms = endpoint.plan, 1000 * endpoint.config.request_timeout_s
    started = processor_times()
    answer = _answer(load)
    ended = processor_times()
    after = bare.calls()
    in_flight = int(plan.concurrent_calls.value)
    predicted = replay(
        server_times(between(before, after), in_flight, endpoint.overhead),
        Fleet(max_batch_size=int(plan.max_batch_size.value), concurrent_calls=in_flight),
        arrival_times(load.rate_rps, load.seconds, load.seed, load.arrival_variation),
        load.seconds,
    )
    latencies_ms = [*answer.latencies_ms, *[timeout_ms] * sum(answer.errors.values())]
    busy_s = (ended.busy_s - started.busy_s) / (ended.at_s - started.at_s)
    result = Round(
        requests=len(latencies_ms),
        unanswered=sum(answer.errors.values()),
        predicted_ms=predicted.p99_ms,
        measured_ms=percentile(latencies_ms, 0.99).value_ms,
        predicted_p50_ms=predicted.p50_ms,
        measured_p50_ms=percentile(latencies_ms, 0.5).value_ms,
        client_lag_p99_ms=percentile(answer.lags_ms, 0.99).value_ms,
        busy_cpu_share=round(busy_s / detect().cpu_cores, 3),
        call_p50_ms=(before[0].p50.value_ms, after[0].p50.value_ms),
    )
    return result, after


def _answer(load: LoadJob) -> LoadAnswer:
    answer = run_job(load)
    if not answer.latencies_ms:
        raise DeployError(f"no request was answered: {answer.errors}")
    return answer
