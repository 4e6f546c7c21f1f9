"""Measure all candidates interleaved in one run, so that what disturbs the machine disturbs all of them."""

import itertools
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from optimizers.does_not_run import blaming
from optimizers.halving import FEWEST_TURNS
from optimizers.report import QUANTILE_LEVELS, Measurement
from optimizers.session import Session, TimedElsewhere
from optimizers.statistics import percentile, quantiles, squared_variation

if TYPE_CHECKING:
    from numpy.typing import NDArray

MILLISECONDS = 1000
# Of the budget.
ROUNDS_SHARE, FINALS_SHARE, PROFILE_SHARE = 0.5, 0.25, 0.75
SHORTEST_BUDGET_S = 0.5
# Turns of rounds, and of finals; the chosen candidate alone is measured for longer at a time.
TURN_MS, FINALS_TURN_MS = 60.0, 500.0

Name = TypeVar("Name", bound=Any)


class BenchmarkConfig(BaseModel):
    """
    How to measure.

    Attributes:
        batch_sizes: Rows in each call.
        concurrencies: Calls in flight at once.
        sequence_length: Tokens in each row, for models that take text; their own maximum if that is lower.
        warmup_calls: Calls of each candidate at each load before anything is timed.
        calls_per_turn: Timed calls in a row before it is the next candidate's turn, fewer of a slow one; one more is made
            and not timed.
        longest_turn_ms: What fewer calls keep a turn within.
        min_turns: Turns of each candidate at each load, whatever the budget.
        enough_calls: Timed calls of each candidate after which a load is done before its time is up; 3,000 leave 30
            above the p99.
        budget_s: Time for all loads together; half of it goes to one row and one call at a time, where p99 counts. A
            search has half as much for its rounds, a quarter for its finals, and three quarters for the profile.
        seed: Decides the order of the candidates in each round.
        profile_batch_sizes: Rows in each call when the chosen candidate is measured alone, within the same budget.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_sizes: tuple[int, ...] = (1, 8)
    concurrencies: tuple[int, ...] = (1, 2)
    sequence_length: int = Field(default=128, gt=0)
    warmup_calls: int = Field(default=3, ge=0)
    calls_per_turn: int = Field(default=4, gt=0)
    longest_turn_ms: float = Field(default=1000.0, gt=0)
    min_turns: int = Field(default=3, gt=0)
    enough_calls: int = Field(default=3000, gt=0)
    budget_s: float = Field(default=24.0, gt=0)
    seed: int = 0
    profile_batch_sizes: tuple[int, ...] = (1, 2, 4, 8, 16, 32)

    def within(self, left_s: float) -> "BenchmarkConfig":
        """Return how to measure where a search has only so many seconds left."""
        most_s = max(SHORTEST_BUDGET_S, left_s / (ROUNDS_SHARE + FINALS_SHARE + PROFILE_SHARE))
        return self.model_copy(update={"budget_s": min(self.budget_s, most_s)})

    @property
    def rounds_s(self) -> float:
        """Seconds for all rounds of a search."""
        return ROUNDS_SHARE * self.budget_s

    @property
    def in_rounds(self) -> "BenchmarkConfig":
        """How a round measures: many short turns, since turns are what is compared."""
        turns = max(self.min_turns, FEWEST_TURNS)
        return self.model_copy(update={"min_turns": turns, "longest_turn_ms": min(TURN_MS, self.longest_turn_ms)})

    def finals(self, batch_sizes: Iterable[int], streams: Iterable[int]) -> "BenchmarkConfig":
        """Return how what is left of a search is compared: at the usual loads, and those that it was left for."""
        return self.model_copy(
            update={
                "batch_sizes": tuple(sorted({*self.batch_sizes, *batch_sizes})),
                "concurrencies": tuple(sorted({*self.concurrencies, *streams})),
                "budget_s": FINALS_SHARE * self.budget_s,
                "longest_turn_ms": min(FINALS_TURN_MS, self.longest_turn_ms),
            }
        )

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
        return self.model_copy(update={"batch_sizes": tuple(fitting), "budget_s": PROFILE_SHARE * self.budget_s})

    @property
    def loads(self) -> tuple[tuple[int, int], ...]:
        """Every (batch size, concurrency)."""
        return tuple(itertools.product(self.batch_sizes, self.concurrencies))

    def share_s(self, load: tuple[int, int]) -> float:
        """Return the seconds of the budget that one load gets."""
        if len(self.loads) == 1:
            return self.budget_s
        return self.budget_s / 2 if load == self.loads[0] else self.budget_s / 2 / (len(self.loads) - 1)


@dataclass(frozen=True, slots=True)
class Entrant:
    """
    What takes part in a measurement.

    Attributes:
        inputs: The batch that every call is given.
        batch_size: Its rows.
        concurrency: Calls in flight at once.
    """

    session: Session
    inputs: "Mapping[str, NDArray[Any]]"
    batch_size: int
    concurrency: int


@dataclass(slots=True)
class Samples:
    """
    What the timed calls of an entrant took.

    Attributes:
        latencies_ms: Of each call.
        wall_s: Of all turns together.
        turns_ms: Of each turn, the median of its latencies.
        rows_ms: Of each turn, the time from first to last answer for each of its rows.
    """

    latencies_ms: list[float] = field(default_factory=list[float])
    wall_s: float = 0.0
    turns_ms: list[float] = field(default_factory=list[float])
    rows_ms: list[float] = field(default_factory=list[float])

    def add(self, latencies_ms: list[float], wall_s: float, batch_size: int) -> None:
        """Count one turn."""
        self.latencies_ms += latencies_ms
        self.wall_s += wall_s
        self.turns_ms.append(median(latencies_ms))
        self.rows_ms.append(MILLISECONDS * wall_s / (len(latencies_ms) * batch_size))


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

    Raises:
        DoesNotRun: As `take_turns`.
    """
    results: dict[str, list[Measurement]] = {name: [] for name in sessions}
    for batch_size, concurrency in config.loads:
        entrants = {
            name: Entrant(session, inputs[batch_size], batch_size, concurrency) for name, session in sessions.items()
        }
        for name, found in take_turns(entrants, config, config.share_s((batch_size, concurrency))).items():
            results[name].append(summary(found, batch_size, concurrency))
    return {name: tuple(found) for name, found in results.items()}


def take_turns(entrants: Mapping[Name, Entrant], config: BenchmarkConfig, seconds: float) -> dict[Name, Samples]:
    """
    Measure all entrants interleaved: in each round every one of them has one turn, in an order that a seed decides.

    Args:
        entrants: By any name that sorts.
        config: Warm-up, calls of a turn, the fewest turns and the calls that are enough.
        seconds: For all of them; the fewest turns may take longer.

    Raises:
        DoesNotRun: A call of the named entrant failed.
    """
    with ThreadPoolExecutor(max(item.concurrency for item in entrants.values())) as callers:
        calls = dict[Name, int]()
        for name, item in entrants.items():
            with blaming(name, item.batch_size):
                calls[name] = _calls_per_turn(item, config, callers)
        order = random.Random(config.seed)  # noqa: S311 - decides an order, no secret
        samples = {name: Samples() for name in entrants}
        deadline = time.perf_counter() + seconds
        turns = 0
        slowest = min(calls[name] * item.concurrency for name, item in entrants.items())
        enough_turns = -(-config.enough_calls // slowest)
        while turns < config.min_turns or (turns < enough_turns and time.perf_counter() < deadline):
            turns += 1
            for name in order.sample(sorted(entrants), len(entrants)):
                item = entrants[name]
                with blaming(name, item.batch_size):
                    taken = turn(item.session, item.inputs, calls[name], item.concurrency, callers)
                samples[name].add(*taken, item.batch_size)
    return samples


def _calls_per_turn(entrant: Entrant, config: BenchmarkConfig, callers: ThreadPoolExecutor) -> int:
    """Warm up, and return fewer calls than configured where they would make the turn too long."""
    if not config.warmup_calls:
        return config.calls_per_turn
    taken, _ = turn(entrant.session, entrant.inputs, config.warmup_calls, entrant.concurrency, callers)
    return max(1, min(config.calls_per_turn, int(config.longest_turn_ms / max(taken[-1], 1e-6))))


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


def summary(samples: Samples, batch_size: int, concurrency: int) -> Measurement:
    """Return what calls of this load took."""
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
