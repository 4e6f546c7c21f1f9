"""A time budget leaves time to measure what was built."""

import math

from hypothesis import given
from hypothesis import strategies as st

from optimizers.benchmark import PROFILE_SHARE, SHORTEST_BUDGET_S, BenchmarkConfig
from optimizers.time_budget import TimeBudget


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_budget_nothing_ends() -> None:
    budget = TimeBudget(None)

    assert (budget.left_s, budget.left_to_build_s, budget.remark) == (math.inf, math.inf, "")


def test_a_third_of_the_budget_is_kept_for_measuring() -> None:
    clock = Clock()
    budget = TimeBudget(90, clock)
    clock.now = 40

    assert (budget.left_s, round(budget.left_to_build_s, 9), budget.remark) == (50, 20, ", 50 s left")


def test_what_is_overdrawn_is_told_as_nothing_left() -> None:
    clock = Clock()
    budget = TimeBudget(10, clock)
    clock.now = 11

    assert (budget.left_s, budget.remark) == (-1, ", 0 s left")


@given(st.floats(-10, 1000))
def test_measuring_takes_what_is_left_and_no_more(left_s: float) -> None:
    config = BenchmarkConfig().within(left_s)
    finals = config.finals((), ())
    profile_s = PROFILE_SHARE * config.budget_s

    total_s = config.rounds_s + finals.budget_s + profile_s
    assert total_s <= max(left_s, 1.5 * SHORTEST_BUDGET_S) + 1e-9
    assert config.budget_s <= BenchmarkConfig().budget_s
