"""A search measures less and less of what is slow, no more at once than memory holds, and never the same twice."""

import errno
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optimizers.benchmark import BenchmarkConfig
from optimizers.configuration import configurations
from optimizers.contender import Contender, arms_of
from optimizers.does_not_run import DoesNotRun
from optimizers.goal import Goal
from optimizers.halving import FEWEST_TURNS, Arm
from optimizers.measured_cache import MEASURED, MeasuredCache
from optimizers.progress import SilentProgress
from optimizers.search import FINALISTS, Found, Search
from optimizers.store import ArtifactStore
from optimizers.time_budget import TimeBudget
from optimizers.vocabulary import Objective, Runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOAL = Goal(latency_sla_ms=100, throughput_rps=10)
QUICK = BenchmarkConfig(
    batch_sizes=(1,), concurrencies=(1,), warmup_calls=1, calls_per_turn=1, min_turns=1, budget_s=1e-6,
    profile_batch_sizes=(1, 2),
)  # fmt: skip
LOADS: "dict[int, Mapping[str, NDArray[Any]]]" = {size: {"x": np.zeros((size, 1))} for size in (1, 2, 8)}
MS = 1e-3


class Slept:
    """A runtime that takes `seconds` for a call and counts its calls."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.calls = seconds, 0

    def run(self, inputs: "Mapping[str, NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        self.calls += 1
        time.sleep(self.seconds)
        return dict(inputs)


class Runtimes:
    """Opens runtimes, and remembers all of them and how many were open at once."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self.seconds = seconds
        self.opened: list[tuple[Arm, Slept]] = []

    def __call__(self, arm: Arm) -> Slept:
        # With one thread a call takes twice as long.
        session = Slept(self.seconds[arm.candidate] * (2 if arm.threads == 1 else 1))
        self.opened.append((arm, session))
        return session

    def calls_of(self, candidate: str) -> int:
        return sum(session.calls for arm, session in self.opened if arm.candidate == candidate)


def contender(name: str, size: int = 1, memory: int = 1) -> Contender:
    return Contender(name, Runtime.OPENVINO, f"sha256 of {name}", size, memory, row_ms=1)


def search(  # noqa: PLR0913 - what a test may vary
    folder: Path,
    runtimes: Runtimes,
    *,
    goal: Goal = GOAL,
    room: int = 1000,
    reads: bool = True,
    config: BenchmarkConfig = QUICK,
    budget: TimeBudget | None = None,
    identity: str = "this machine",
) -> tuple[Search, Found]:
    contenders = {name: contender(name) for name in runtimes.seconds}
    made = Search(
        contenders=contenders,
        opens=runtimes,
        original=Slept(2 * MS),
        loads=LOADS,
        goal=goal,
        config=config,
        room=room,
        cache=MeasuredCache(ArtifactStore(folder), identity, reads=reads),
        progress=SilentProgress(),
        time_budget=budget or TimeBudget(None),
    )
    arms = arms_of(list(contenders.values()), configurations(2, goal.threads), goal, config.batch_sizes)
    return made, made.run(arms)


SPEEDS = {f"c{number}": number * MS for number in range(1, 7)}


def test_the_fastest_comes_through_with_the_configuration_that_it_is_fastest_in(tmp_path: Path) -> None:
    runtimes = Runtimes(SPEEDS)

    _, found = search(tmp_path, runtimes)

    assert next(iter(found.finals)) == Arm("c1", threads=2, streams=1)
    assert len(found.finals) <= FINALISTS
    assert not found.finals.keys() & found.losses.keys()
    assert len(found.finals) + len(found.losses) == 12
    assert found.original[0].p50.value_ms >= 2


def test_what_is_slow_is_measured_less(tmp_path: Path) -> None:
    runtimes = Runtimes(SPEEDS)

    _, found = search(tmp_path, runtimes)

    loss = found.losses[Arm("c6", threads=1, streams=2)]
    assert loss.round_number == 1
    assert (loss.best, loss.shown[:4]) == ("c1", "p50 ")
    # Both of its sessions were warmed up and had the fewest turns of one round, each of two calls.
    assert runtimes.calls_of("c6") == 2 * (2 + 2 * FEWEST_TURNS)
    assert runtimes.calls_of("c1") > 2 * runtimes.calls_of("c6")


def test_few_candidates_go_to_the_finals_at_once(tmp_path: Path) -> None:
    _, found = search(tmp_path, Runtimes({"a": MS, "b": MS}), goal=GOAL.model_copy(update={"threads": 1}))

    assert {arm.candidate for arm in found.finals} == {"a", "b"}
    assert not found.losses


def test_no_more_sessions_are_open_than_fit_into_memory(tmp_path: Path) -> None:
    runtimes, most, open_now = Runtimes(SPEEDS), list[int](), set[int]()

    class Watched(Slept):
        def __init__(self, seconds: float) -> None:
            super().__init__(seconds)
            open_now.add(id(self))
            most.append(len(open_now))

        def __del__(self) -> None:
            open_now.discard(id(self))

    def opens(arm: Arm) -> Slept:
        return Watched(runtimes.seconds[arm.candidate])

    made, _ = search(tmp_path, runtimes, reads=False)
    made.opens, made.room = opens, 2
    arms = arms_of(list(made.contenders.values()), configurations(2, None), GOAL, (1,))
    found = made.run(arms)

    assert max(most) == 2
    assert len(found.finals) + len(found.losses) == len(arms)
    assert not open_now


def test_a_search_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    class Stops(SilentProgress):
        def step(self, text: str) -> None:
            if text.startswith("round 2"):
                raise Interrupted

    first, again = Runtimes(SPEEDS), Runtimes(SPEEDS)
    made, _ = search(tmp_path / "other", first)
    made.cache, made.progress = MeasuredCache(ArtifactStore(tmp_path), "this machine", reads=True), Stops()
    arms = arms_of(list(made.contenders.values()), configurations(2, None), GOAL, (1,))
    with pytest.raises(Interrupted):
        made.run(arms)

    _, found = search(tmp_path, again)

    # Its one round was measured before, so that it was not even opened.
    assert again.calls_of("c6") == 0
    assert found.losses[Arm("c6", threads=1, streams=2)].round_number == 1


def test_a_finished_search_is_found_and_opens_nothing(tmp_path: Path) -> None:
    _, before = search(tmp_path, Runtimes(SPEEDS))
    runtimes = Runtimes(SPEEDS)

    made, found = search(tmp_path, runtimes)

    assert not runtimes.opened
    assert (found.finals, found.losses, found.last_rounds) == (before.finals, before.losses, before.last_rounds)
    assert made.measured_at == max(item.measured_at for item in before.records)


def test_on_another_machine_everything_is_measured_again(tmp_path: Path) -> None:
    search(tmp_path, Runtimes(SPEEDS))
    runtimes = Runtimes(SPEEDS)

    search(tmp_path, runtimes, identity="another machine")

    assert all(runtimes.calls_of(name) for name in SPEEDS)


def test_force_measures_again_and_keeps_what_it_measured(tmp_path: Path) -> None:
    search(tmp_path, Runtimes(SPEEDS))
    forced, after = Runtimes(SPEEDS), Runtimes(SPEEDS)

    _, found = search(tmp_path, forced, reads=False)
    _, again = search(tmp_path, after)

    assert all(forced.calls_of(name) for name in SPEEDS)
    assert again.original == found.original


@pytest.mark.parametrize("damage", ["", "{}", "not json", '{"measured_at": 3}'])
def test_a_damaged_entry_is_measured_again(tmp_path: Path, damage: str) -> None:
    search(tmp_path, Runtimes(SPEEDS))
    for entry in (tmp_path / MEASURED).iterdir():
        entry.write_text(damage)
    runtimes, after = Runtimes(SPEEDS), Runtimes(SPEEDS)

    search(tmp_path, runtimes)
    search(tmp_path, after)

    assert all(runtimes.calls_of(name) for name in SPEEDS)
    assert not after.opened


def test_once_the_time_is_up_no_further_round_is_taken(tmp_path: Path) -> None:
    runtimes = Runtimes(SPEEDS)

    _, found = search(tmp_path, runtimes, budget=TimeBudget(1e-9))

    assert {loss.round_number for loss in found.losses.values()} == {1}
    assert len(found.finals) == FINALISTS


def test_rounds_and_finals_use_their_share_of_the_budget(tmp_path: Path) -> None:
    config = QUICK.model_copy(update={"budget_s": 2.0})

    _, found = search(tmp_path, Runtimes(dict.fromkeys(("a", "b", "c", "d"), 1e-6)), config=config)

    # Half of it for the rounds, a quarter for the finals. What is under way at the end of each is done first, and on a busy
    # machine that takes long: how long is no test's business.
    assert sum(record.wall_s for record in found.records) > 1.2


def test_batches_are_searched_where_the_cheapest_is_asked_for(tmp_path: Path) -> None:
    cheapest = GOAL.model_copy(update={"objective": Objective.CHEAPEST})
    config = QUICK.model_copy(update={"batch_sizes": (1, 8)})

    _, found = search(tmp_path, Runtimes({"a": 2 * MS, "b": 4 * MS}), goal=cheapest, config=config)

    # A call takes as long whatever its rows are, and two calls at once with one thread each take twice as long.
    best = next(iter(found.finals))
    assert (best.candidate, best.batch_size) == ("a", 8)
    assert found.losses[Arm("b", 1, 2, 1)].shown.endswith("rows/s")


def test_a_batch_that_cannot_be_within_the_sla_is_not_searched() -> None:
    cheapest = GOAL.model_copy(update={"objective": Objective.CHEAPEST, "latency_sla_ms": 4})

    arms = arms_of([contender("a")], configurations(1, None), cheapest, (1, 2, 4, 8))

    assert [arm.batch_size for arm in arms] == [1, 2, 4]


def test_the_profile_measures_one_alone_at_more_sizes_and_as_many_calls_as_it_has_streams(tmp_path: Path) -> None:
    made, found = search(tmp_path, Runtimes({"a": MS}))
    arm = Arm("a", threads=1, streams=2)

    profile = made.profile(arm, found.finals[next(iter(found.finals))])

    assert [(item.batch_size, item.concurrency) for item in profile] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert all(item.quantiles_ms for item in profile)


class Fails(Slept):
    """A runtime that computes no more rows than `most_rows`."""

    def __init__(self, most_rows: int) -> None:
        super().__init__(MS)
        self.most_rows = most_rows

    def run(self, inputs: "Mapping[str, NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        if len(inputs["x"]) > self.most_rows:
            raise RuntimeError(f"cannot compute\n{len(inputs['x'])} rows")
        return super().run(inputs)


class SomeFail(Runtimes):
    """Runtimes of which one fails, at so many rows."""

    def __init__(self, seconds: Mapping[str, float], failing: str, most_rows: int) -> None:
        super().__init__(seconds)
        self.failing, self.most_rows = failing, most_rows

    def __call__(self, arm: Arm) -> Slept:
        return Fails(self.most_rows) if arm.candidate == self.failing else super().__call__(arm)


@pytest.mark.parametrize("most_rows", [0, 1])
def test_what_fails_in_a_call_is_named_with_its_reason(tmp_path: Path, most_rows: int) -> None:
    """In the rounds, which call with one row, and in the finals."""
    config = QUICK.model_copy(update={"batch_sizes": (1, 2)})

    with pytest.raises(DoesNotRun) as failed:
        search(tmp_path, SomeFail({"a": MS, "b": MS}, "b", most_rows), config=config)

    assert (failed.value.name, failed.value.batch_size) == ("b", most_rows + 1)
    assert failed.value.reason == f"cannot compute {most_rows + 1} rows"


def test_a_session_that_cannot_be_opened_is_named_and_a_full_disk_is_not(tmp_path: Path) -> None:
    class Refuses(Runtimes):
        error: Exception = MemoryError("no memory for it")

        def __call__(self, arm: Arm) -> Slept:
            if arm.candidate == "b":
                raise self.error
            return super().__call__(arm)

    runtimes = Refuses({"a": MS, "b": MS})
    with pytest.raises(DoesNotRun, match=r"^b: no memory for it$"):
        search(tmp_path, runtimes)
    runtimes.error = OSError(errno.ENOMEM, "cannot allocate memory")
    with pytest.raises(DoesNotRun, match=r"^b: .*cannot allocate memory$"):
        search(tmp_path, runtimes)
    runtimes.error = OSError(errno.ENOSPC, "no space left on device")
    with pytest.raises(OSError, match="no space left on device"):
        search(tmp_path, runtimes)


def test_the_original_failing_stays_its_own_error(tmp_path: Path) -> None:
    made, _ = search(tmp_path, Runtimes({"a": MS}))
    made.original, made.cache = Fails(0), MeasuredCache(ArtifactStore(tmp_path), "again", reads=False)

    with pytest.raises(RuntimeError, match="cannot compute"):
        made.run([Arm("a", threads=1, streams=2)])


def test_the_profile_leaves_out_the_batch_that_fails_and_larger_ones(tmp_path: Path) -> None:
    config = QUICK.model_copy(update={"profile_batch_sizes": (1, 2, 8)})
    runtimes = SomeFail({"a": MS}, "a", most_rows=1)
    made, found = search(tmp_path, runtimes, config=config)
    (arm, measurements), *_ = found.finals.items()

    profile = made.profile(arm, measurements)

    assert {item.batch_size for item in profile} == {1}
    runtimes.most_rows = 0
    made.cache = MeasuredCache(ArtifactStore(tmp_path), "again", reads=False)
    with pytest.raises(DoesNotRun):
        made.profile(arm, measurements)


def test_what_was_measured_is_found_whatever_is_left_of_the_time_unless_much_more_is(tmp_path: Path) -> None:
    search(tmp_path, Runtimes(SPEEDS), config=QUICK.within(1.2))
    alike, longer = Runtimes(SPEEDS), Runtimes(SPEEDS)

    search(tmp_path, alike, config=QUICK.model_copy(update={"budget_s": 1.7e-6}))
    search(tmp_path, longer, config=QUICK.model_copy(update={"budget_s": 3e-6}))

    assert not alike.opened
    assert all(longer.calls_of(name) for name in SPEEDS)


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        (Runtime.OPENVINO, [(4, 1), (2, 2), (1, 4)]),
        (Runtime.LITERT, [(4, 1), (2, 1), (1, 1)]),
        (Runtime.TENSORRT, [(4, 1)]),
        (Runtime.MIGRAPHX, [(4, 1)]),
    ],
)
def test_only_what_a_runtime_heeds_is_searched(runtime: Runtime, expected: list[tuple[int, int]]) -> None:
    contenders = [replace(contender("a"), runtime=runtime)]

    arms = arms_of(contenders, configurations(4, None), GOAL, (1,))

    assert [(arm.threads, arm.streams) for arm in arms] == expected
