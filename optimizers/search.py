"""Search the best candidate and configuration: rounds that halve what is left, then finals at every load."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil

from optimizers.benchmark import BenchmarkConfig, Entrant, Samples, measure, summary, take_turns
from optimizers.contender import Contender, Loss
from optimizers.does_not_run import DoesNotRun
from optimizers.goal import Goal
from optimizers.halving import Arm, Standing, ranked, rounds_for, survivors
from optimizers.measured_cache import Measured, MeasuredCache
from optimizers.memory import groups
from optimizers.processor_load import other_cpu_share, processor_times
from optimizers.progress import Progress
from optimizers.report import ORIGINAL, Measurement
from optimizers.session import Session
from optimizers.session_pool import SessionKey, SessionPool, session_key
from optimizers.time_budget import TimeBudget
from optimizers.vocabulary import Objective

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Measurements and costs, by the label of what was measured.
Taken = tuple[dict[str, tuple[Measurement, ...]], dict[str, tuple[float, ...]]]

# Few enough for finals at every load, and more than one, so that no round decides alone.
FINALISTS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a search measured.

    Attributes:
        finals: Finalist to its measurements, one a load; in the order of the last round.
        original: The original's, beside the finalists'.
        last_rounds: Of each other arm, what the last round measured that it took part in.
        losses: Where each of those dropped out.
        records: Everything that was measured, or found measured.
    """

    finals: Mapping[Arm, tuple[Measurement, ...]]
    original: tuple[Measurement, ...]
    last_rounds: Mapping[Arm, Measurement]
    losses: Mapping[Arm, Loss]
    records: tuple[Measured, ...]


@dataclass(slots=True)
class Search:
    """
    Measures contenders against each other, and beside them the original, which every turn is held against.

    Attributes:
        contenders: By name.
        opens: Opens a session.
        original: Its process takes turns with the sessions.
        loads: Batch size to the batch that every call is given.
        room: Bytes that sessions may take at once; a round with more of them is measured in groups.
        cache: Holds what was measured before.
    """

    contenders: Mapping[str, Contender]
    opens: Callable[[Arm], Session]
    original: Session
    loads: "Mapping[int, Mapping[str, NDArray[Any]]]"
    goal: Goal
    config: BenchmarkConfig
    room: int
    cache: MeasuredCache
    progress: Progress
    time_budget: TimeBudget
    _records: list[Measured] = field(default_factory=list[Measured])

    def run(self, arms: Sequence[Arm]) -> Found:
        """
        Return the finals of these arms; at least one.

        Raises:
            DoesNotRun: The candidate of that name cannot be measured.
        """
        pool = SessionPool(self.opens)
        try:
            left, last_rounds, losses = self._rounds(list(arms), pool)
            finals = self._finals(left, pool)
        finally:
            pool.close()
        return Found(
            finals={arm: finals[_label(arm)] for arm in left},
            original=finals[ORIGINAL],
            last_rounds=last_rounds,
            losses=losses,
            records=tuple(self._records),
        )

    def profile(self, arm: Arm, measured: Sequence[Measurement]) -> tuple[Measurement, ...]:
        """
        Return the measurements of one finalist alone, at more batch sizes: those that it can compute.

        Raises:
            DoesNotRun: It can compute none.
        """
        config = self.config.profile_within(measured, self.goal.latency_sla_ms)
        config = config.model_copy(update={"concurrencies": tuple(sorted({*config.concurrencies, arm.streams}))})
        while True:
            try:
                return self._profile(arm, config)
            except DoesNotRun as failed:
                # A larger batch takes more of what this one lacked.
                sizes = tuple(size for size in config.batch_sizes if size < failed.batch_size)
                if not sizes:
                    raise
                self.progress.detail(f"not at {failed.batch_size} rows: {failed.reason}")
                config = config.model_copy(update={"batch_sizes": sizes})

    def _profile(self, arm: Arm, config: BenchmarkConfig) -> tuple[Measurement, ...]:
        pool = SessionPool(self.opens)
        try:
            return self._measured(
                ["profile", _key(self.contenders, arm), _timeless(config)],
                lambda: (measure({_label(arm): pool.open([arm])[arm]}, self.loads, config), {}),
                config.budget_s,
            ).measurements[_label(arm)]
        finally:
            pool.close()

    @property
    def other_cpu_share(self) -> float:
        """Share of all cores that other work kept busy while all this was measured."""
        total_s = sum(item.wall_s for item in self._records)
        busy_s = sum(item.wall_s * item.other_cpu_share for item in self._records)
        return round(busy_s / total_s, 3) if total_s else 0.0

    @property
    def measured_at(self) -> str:
        """When the last of it was measured."""
        return max(item.measured_at for item in self._records)

    def _rounds(self, left: list[Arm], pool: SessionPool) -> tuple[list[Arm], dict[Arm, Measurement], dict[Arm, Loss]]:
        last_rounds, losses = dict[Arm, Measurement](), dict[Arm, Loss]()
        objective, sla_ms = self.goal.objective, self.goal.latency_sla_ms
        count = rounds_for(len(left), FINALISTS)
        for number in range(1, count + 1):
            self.progress.step(f"round {number}: {_counted(left)}{self.time_budget.remark}")
            found = self._round(number, left, self.config.rounds_s / count, pool)
            standings = self._standings(left, found)
            kept = [item.arm for item in survivors(standings, objective, sla_ms)]
            is_last = len(kept) <= FINALISTS or number == count or self.time_budget.left_s <= 0
            # Those that noise alone may have kept are as good as each other: which of them go on does not matter.
            kept = kept[:FINALISTS] if is_last else kept
            best = ranked(standings, objective, sla_ms)[0].arm
            shown = {arm: self._shown(found.measurements[_label(arm)][0]) for arm in left}
            for arm in left:
                last_rounds[arm] = found.measurements[_label(arm)][0]
                if arm not in kept:
                    losses[arm] = Loss(number, shown[arm], best.candidate, shown[best])
            left = kept
            if is_last:
                break
        return left, last_rounds, losses

    def _shown(self, measurement: Measurement) -> str:
        if self.goal.objective is Objective.CHEAPEST:
            return f"{measurement.throughput_rps:.0f} rows/s"
        return f"p50 {measurement.p50.value_ms:.2f} ms"

    def _standings(self, arms: Sequence[Arm], found: Measured) -> list[Standing]:
        return [
            Standing(
                arm=arm,
                costs=found.costs[_label(arm)],
                p99=found.measurements[_label(arm)][0].p99,
                size_bytes=self.contenders[arm.candidate].size_bytes,
            )
            for arm in arms
        ]

    def _round(self, number: int, arms: Sequence[Arm], seconds: float, pool: SessionPool) -> Measured:
        def take() -> Taken:
            measurements, costs = dict[str, tuple[Measurement, ...]](), dict[str, tuple[float, ...]]()
            for group in self._groups(arms):
                samples = self._turns_of(group, seconds * len(group) / len(arms), pool)
                for arm in group:
                    name = _label(arm)
                    measurements[name] = (_unprofiled(summary(samples[name], arm.batch_size, self._concurrency(arm))),)
                    costs[name] = self._costs(samples[name], samples[ORIGINAL])
            return measurements, costs

        config = _timeless(self.config.in_rounds)
        key = [f"round {number}", [_key(self.contenders, arm) for arm in arms], self.goal.objective, config]
        return self._measured(key, take, seconds)

    # A method of its own, so that no name keeps a session in memory while the next group is opened.
    def _turns_of(self, group: Sequence[Arm], seconds: float, pool: SessionPool) -> dict[str, Samples]:
        entrants = {ORIGINAL: Entrant(self.original, self.loads[1], 1, 1)}
        for arm, session in pool.open(group).items():
            inputs = self.loads[arm.batch_size]
            entrants[_label(arm)] = Entrant(session, inputs, arm.batch_size, self._concurrency(arm))
        return take_turns(entrants, self.config.in_rounds, seconds)

    def _concurrency(self, arm: Arm) -> int:
        """Return the calls in flight: one where one row's latency counts, as many as it computes where rows a second do."""
        return arm.streams if self.goal.objective is Objective.CHEAPEST else 1

    def _costs(self, samples: Samples, original: Samples) -> tuple[float, ...]:
        taken = samples.rows_ms if self.goal.objective is Objective.CHEAPEST else samples.turns_ms
        return tuple(ms / max(other, 1e-9) for ms, other in zip(taken, original.turns_ms, strict=True))

    def _finals(self, arms: Sequence[Arm], pool: SessionPool) -> Mapping[str, tuple[Measurement, ...]]:
        parts = self._groups(arms)
        config = self.config.finals((arm.batch_size for arm in arms), (arm.streams for arm in arms))
        config = config.model_copy(update={"budget_s": config.budget_s / len(parts)})

        def take() -> Taken:
            found = dict[str, tuple[Measurement, ...]]()
            for group in parts:
                found |= self._finals_of(group, config, pool)
            return {name: tuple(map(_unprofiled, items)) for name, items in found.items()}, {}

        key = ["finals", [_key(self.contenders, arm) for arm in arms], _timeless(config)]
        return self._measured(key, take, config.budget_s).measurements

    def _finals_of(
        self, group: Sequence[Arm], config: BenchmarkConfig, pool: SessionPool
    ) -> dict[str, tuple[Measurement, ...]]:
        sessions = pool.open(group)
        # Arms that differ in their batch size alone are one session, which is measured at each size anyway.
        entering = {session_key(arm): arm for arm in reversed(group)}
        alone = {_label(arm): sessions[arm] for arm in entering.values()}
        measured = measure({ORIGINAL: self.original, **alone}, self.loads, config)
        found = {_label(arm): measured[_label(entering[session_key(arm)])] for arm in group}
        return {ORIGINAL: measured[ORIGINAL], **found}

    def _groups(self, arms: Sequence[Arm]) -> list[list[Arm]]:
        """Return the arms in groups whose sessions fit into memory together; arms of one session stay together."""
        by_session = dict[SessionKey, list[Arm]]()
        for arm in arms:
            by_session.setdefault(session_key(arm), []).append(arm)
        needs = {
            key: self.contenders[same[0].candidate].memory_with(same[0].configuration)
            for key, same in by_session.items()
        }
        return [[arm for key in group for arm in by_session[key]] for group in groups(needs, self.room)]

    def _measured(self, key: object, take: Callable[[], Taken], seconds: float) -> Measured:
        found = self.cache.find(key, seconds)
        if found is None:
            before = processor_times()
            try:
                measurements, costs = take()
            except DoesNotRun as failed:
                if failed.name == ORIGINAL and failed.__cause__:
                    raise failed.__cause__ from None
                raise DoesNotRun(_candidate(failed.name), failed.batch_size, failed.reason) from failed.__cause__
            after = processor_times()
            found = Measured(
                measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
                wall_s=after.at_s - before.at_s,
                asked_s=seconds,
                other_cpu_share=other_cpu_share(before, after, psutil.cpu_count() or 1),
                measurements=measurements,
                costs=costs,
            )
            self.cache.record(key, found)
        self._records.append(found)
        return found


def _unprofiled(measurement: Measurement) -> Measurement:
    """Leave the whole distribution out: it is kept of the chosen candidate alone, or a lock could not be reviewed."""
    return measurement.model_copy(update={"quantiles_ms": ()})


def _counted(arms: Sequence[Arm]) -> str:
    candidates = len({arm.candidate for arm in arms})
    return f"{len(arms)} configurations of {candidates} candidates"


def _label(arm: Arm) -> str:
    return f"{arm.candidate} {arm.threads}x{arm.streams} {arm.batch_size}"


def _candidate(label: str) -> str:
    return label.partition(" ")[0]


def _timeless(config: BenchmarkConfig) -> dict[str, Any]:
    """Return how it is measured, but not how long."""
    return config.model_dump(exclude={"budget_s"})


def _key(contenders: Mapping[str, Contender], arm: Arm) -> tuple[str, int, int, int]:
    """Return what an arm is, whatever its candidate is called."""
    return contenders[arm.candidate].artifact_sha256, arm.threads, arm.streams, arm.batch_size
