"""Measure all candidates interleaved in one run, so that what disturbs the machine disturbs all of them."""

import itertools
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from optimizers.report import QUANTILE_LEVELS, Measurement
from optimizers.session import Session, TimedElsewhere
from optimizers.statistics import percentile, quantiles, squared_variation

if TYPE_CHECKING:
    from numpy.typing import NDArray

MILLISECONDS = 1000


class BenchmarkConfig(BaseModel):
    """
    How to measure.

    Attributes:
        batch_sizes: Rows in each call.
        concurrencies: Calls in flight at once.
        sequence_length: Tokens in each row, for models that take text; their own maximum if that is lower.
        warmup_calls: Calls of each candidate at each load before anything is timed.
        calls_per_turn: Timed calls in a row before it is the next candidate's turn; one more is made and not timed.
        min_turns: Turns of each candidate at each load, whatever the budget.
        enough_calls: Timed calls of each candidate after which a load is done before its time is up; 3,000 leave 30
            above the p99.
        budget_s: Time for all loads together; half of it goes to one row and one call at a time, where p99 counts.
        seed: Decides the order of the candidates in each round.
        profile_batch_sizes: Rows in each call when the chosen candidate is measured alone, within the same budget.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_sizes: tuple[int, ...] = (1, 8)
    concurrencies: tuple[int, ...] = (1, 2)
    sequence_length: int = Field(default=128, gt=0)
    warmup_calls: int = Field(default=3, ge=0)
    calls_per_turn: int = Field(default=4, gt=0)
    min_turns: int = Field(default=3, gt=0)
    enough_calls: int = Field(default=3000, gt=0)
    budget_s: float = Field(default=40.0, gt=0)
    seed: int = 0
    profile_batch_sizes: tuple[int, ...] = (1, 2, 4, 8, 16, 32)

    def profile_within(self, measurements: Sequence[Measurement], longest_ms: float) -> "BenchmarkConfig":
        """
        Return how to measure the chosen candidate alone.

        Args:
            measurements: What it was compared by; says what a row takes.
            longest_ms: A larger batch that would take longer is left out: no plan can use it.
        """
        largest = max((item for item in measurements if item.concurrency == 1), key=lambda item: item.batch_size)
        row_ms = largest.p50.value_ms / largest.batch_size
        fitting = (
            size for size in self.profile_batch_sizes if size <= largest.batch_size or size * row_ms <= longest_ms
        )
        return self.model_copy(update={"batch_sizes": tuple(fitting)})

    @property
    def loads(self) -> tuple[tuple[int, int], ...]:
        """Every (batch size, concurrency)."""
        return tuple(itertools.product(self.batch_sizes, self.concurrencies))

    def share_s(self, load: tuple[int, int]) -> float:
        """Return the seconds of the budget that one load gets."""
        if len(self.loads) == 1:
            return self.budget_s
        return self.budget_s / 2 if load == self.loads[0] else self.budget_s / 2 / (len(self.loads) - 1)


@dataclass(slots=True)
class _Samples:
    latencies_ms: list[float] = field(default_factory=list[float])
    wall_s: float = 0.0


def measure(
    sessions: Mapping[str, Session],
    inputs: "Mapping[int, Mapping[str, NDArray[Any]]]",
    config: BenchmarkConfig,
) -> dict[str, tuple[Measurement, ...]]:
    """
    Return the measurements of each session, one for each load.

    Args:
        sessions: Candidate name to loaded session.
        inputs: Batch size to the batch that every call is given.
        config: Loads and time budget.
    """
    results: dict[str, list[Measurement]] = {name: [] for name in sessions}
    with ThreadPoolExecutor(max(config.concurrencies)) as callers:
        for load in config.loads:
            samples = _measure_load(sessions, inputs[load[0]], load, config, callers)
            for name, found in samples.items():
                results[name].append(_summary(found, *load))
    return {name: tuple(found) for name, found in results.items()}


def _measure_load(
    sessions: Mapping[str, Session],
    inputs: "Mapping[str, NDArray[Any]]",
    load: tuple[int, int],
    config: BenchmarkConfig,
    callers: ThreadPoolExecutor,
) -> dict[str, _Samples]:
    concurrency = load[1]
    for session in sessions.values() if config.warmup_calls else ():
        turn(session, inputs, config.warmup_calls, concurrency, callers)
    order = random.Random(config.seed)  # noqa: S311 - decides an order, no secret
    samples = {name: _Samples() for name in sessions}
    deadline = time.perf_counter() + config.share_s(load)
    turns = 0
    enough_turns = -(-config.enough_calls // (config.calls_per_turn * concurrency))
    while turns < config.min_turns or (turns < enough_turns and time.perf_counter() < deadline):
        turns += 1
        for name in order.sample(sorted(sessions), len(sessions)):
            latencies_ms, wall_s = turn(sessions[name], inputs, config.calls_per_turn, concurrency, callers)
            samples[name].latencies_ms += latencies_ms
            samples[name].wall_s += wall_s
    return samples


def turn(
    session: Session, inputs: "Mapping[str, NDArray[Any]]", calls: int, concurrency: int, callers: ThreadPoolExecutor
) -> tuple[list[float], float]:
    """Return the latencies in ms of `calls` calls by each of `concurrency` callers, and the seconds from first to last."""
    if isinstance(session, TimedElsewhere):
        return session.turn(inputs, calls, concurrency)

    def call() -> list[float]:
        latencies = list[float]()
        for _ in range(calls):
            start = time.perf_counter()
            session.run(inputs)
            latencies.append((time.perf_counter() - start) * MILLISECONDS)
        return latencies

    # The first call finds caches filled, and threads still spinning, by the candidate before.
    session.run(inputs)
    start = time.perf_counter()
    if concurrency == 1:
        return call(), time.perf_counter() - start
    futures = [callers.submit(call) for _ in range(concurrency)]
    latencies = [latency for future in futures for latency in future.result()]
    return latencies, time.perf_counter() - start


def _summary(samples: _Samples, batch_size: int, concurrency: int) -> Measurement:
    latencies_ms = samples.latencies_ms
    return Measurement(
        batch_size=batch_size,
        concurrency=concurrency,
        samples=len(latencies_ms),
        p50=percentile(latencies_ms, 0.5),
        p99=percentile(latencies_ms, 0.99),
        throughput_rps=len(latencies_ms) * batch_size / samples.wall_s,
        squared_variation=squared_variation(latencies_ms),
        quantiles_ms=tuple(round(value, 3) for value in quantiles(latencies_ms, QUANTILE_LEVELS)),
    )
