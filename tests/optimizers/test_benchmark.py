"""Candidates take turns, and a load ends when there are enough calls or its time is up."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optimizers.benchmark import BenchmarkConfig, measure
from tests.support.locked_model import measurement

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROW: "Mapping[str, NDArray[Any]]" = {"x": np.zeros((1, 4), np.float32)}


class RecordedRuntime:
    """A runtime that answers at once, or after `seconds`, and notes whose turn it was."""

    def __init__(self, name: str, calls: list[str], seconds: float = 0) -> None:
        self.name, self.calls, self.seconds = name, calls, seconds

    def run(self, inputs: "Mapping[str, NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        self.calls.append(self.name)
        time.sleep(self.seconds)
        return dict(inputs)


def loads(*sizes: int) -> "dict[int, Mapping[str, NDArray[Any]]]":
    return dict.fromkeys(sizes, ROW)


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_fast_model_is_measured_by_enough_calls_and_not_for_the_whole_budget(concurrency: int) -> None:
    config = BenchmarkConfig(batch_sizes=(1,), concurrencies=(concurrency,), enough_calls=50, budget_s=3600)

    found = measure({name: RecordedRuntime(name, []) for name in ("a", "b")}, loads(1), config)

    assert {name: measured[0].samples >= 50 for name, measured in found.items()} == {"a": True, "b": True}
    assert found["a"][0].samples == found["b"][0].samples < 50 + config.calls_per_turn * concurrency


def test_a_slow_model_is_measured_by_its_fewest_turns() -> None:
    config = BenchmarkConfig(
        batch_sizes=(1,), concurrencies=(1,), calls_per_turn=2, min_turns=3, warmup_calls=0, budget_s=0.001
    )

    found = measure({"a": RecordedRuntime("a", [], seconds=0.01)}, loads(1), config)

    assert found["a"][0].samples == 6
    assert found["a"][0].p50.value_ms >= 10


def test_candidates_take_turns_and_the_first_call_of_each_turn_is_not_timed() -> None:
    calls = list[str]()
    config = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), warmup_calls=0, enough_calls=40, calls_per_turn=4)

    measure({name: RecordedRuntime(name, calls) for name in ("a", "b", "c")}, loads(1), config)

    turns = [calls[start : start + 5] for start in range(0, len(calls), 5)]
    assert all(len(set(turn)) == 1 for turn in turns)
    rounds = [{turn[0] for turn in turns[start : start + 3]} for start in range(0, len(turns), 3)]
    assert rounds == [{"a", "b", "c"}] * 10


def test_every_load_is_measured_and_half_the_time_goes_to_the_first() -> None:
    config = BenchmarkConfig(batch_sizes=(1, 8), concurrencies=(1, 2), enough_calls=8, budget_s=40)

    (measured,) = measure({"a": RecordedRuntime("a", [])}, loads(1, 8), config).values()

    assert [(item.batch_size, item.concurrency) for item in measured] == [(1, 1), (1, 2), (8, 1), (8, 2)]
    assert sum(config.share_s(load) for load in config.loads) == pytest.approx(40)
    assert config.share_s((1, 1)) == pytest.approx(20)


def test_a_batch_that_takes_longer_than_any_plan_allows_is_not_measured() -> None:
    config = BenchmarkConfig(batch_sizes=(1, 8), concurrencies=(1,))
    # Eight rows took 8 ms, so a row takes 1 ms.
    measured = (measurement(8, 9), measurement(8, 9, batch_size=8))

    assert config.profile_within(measured, longest_ms=60).batch_sizes == (1, 2, 4, 8, 16, 32)
    assert config.profile_within(measured, longest_ms=1).batch_sizes == (1, 2, 4, 8)
