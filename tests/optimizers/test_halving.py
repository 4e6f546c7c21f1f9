"""The worse half drops out of a search, unless noise alone may have made it so."""

import random

from hypothesis import given
from hypothesis import strategies as st

from optimizers.halving import FEWEST_TURNS, Arm, Standing, is_surely_slower, ranked, rounds_for, survivors
from optimizers.report import Interval
from optimizers.vocabulary import Objective

SLA_MS = 100.0
FASTEST, SMALLEST, CHEAPEST = Objective

costs = st.lists(st.floats(0.01, 100), min_size=1, max_size=40, unique=True)
objectives = st.sampled_from(Objective)


def standing(name: str, *turns: float, p99: tuple[float, float, float] = (5, 5, 5), size: int = 1) -> Standing:
    low, value, high = p99
    return Standing(
        arm=Arm(name, threads=1, streams=1),
        costs=turns,
        p99=Interval(value_ms=value, low_ms=low, high_ms=high),
        size_bytes=size,
    )


def steady(name: str, cost: float, turns: int = FEWEST_TURNS, **more: object) -> Standing:
    return standing(name, *[cost] * turns, **more)  # type: ignore[arg-type]


def names(standings: list[Standing]) -> list[str]:
    return [item.arm.candidate for item in standings]


@given(costs, objectives, st.integers(FEWEST_TURNS, 20))
def test_without_noise_the_best_comes_through_and_each_round_halves(
    drawn: list[float], objective: Objective, turns: int
) -> None:
    left = [steady(f"c{index:02}", cost, turns) for index, cost in enumerate(drawn)]
    best = min(left, key=lambda item: item.costs)
    rounds = 0
    while len(left) > 1:
        kept = survivors(left, objective, SLA_MS)
        assert len(kept) == (len(left) + 1) // 2
        left, rounds = kept, rounds + 1

    assert left == [best]
    assert rounds == rounds_for(len(drawn), finalists=1)


@given(costs, objectives, st.randoms(use_true_random=False))
def test_the_order_in_which_arms_come_decides_nothing(
    drawn: list[float], objective: Objective, order: random.Random
) -> None:
    standings = [steady(f"c{index:02}", cost) for index, cost in enumerate(drawn)]
    shuffled = order.sample(standings, len(standings))

    assert survivors(shuffled, objective, SLA_MS) == survivors(standings, objective, SLA_MS)


@given(st.lists(st.lists(st.floats(0.01, 100), min_size=8, max_size=8), min_size=1, max_size=12), objectives)
def test_the_better_half_stays_whatever_the_noise(turns: list[list[float]], objective: Objective) -> None:
    standings = [standing(f"c{index:02}", *drawn) for index, drawn in enumerate(turns)]

    kept = survivors(standings, objective, SLA_MS)

    half = (len(standings) + 1) // 2
    assert kept[:half] == ranked(standings, objective, SLA_MS)[:half]


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=12), st.integers(1, FEWEST_TURNS - 1), objectives)
def test_with_too_few_turns_nothing_drops_out(drawn: list[float], turns: int, objective: Objective) -> None:
    standings = [steady(f"c{index:02}", cost, turns) for index, cost in enumerate(drawn)]

    assert len(survivors(standings, objective, SLA_MS)) == len(standings)


def test_an_arm_that_is_slower_in_every_turn_is_surely_slower_however_turns_differ() -> None:
    best, worse = (1.0, 5.0, 2.0, 9.0, 1.0, 4.0), (1.1, 5.1, 2.1, 9.1, 1.1, 4.1)

    assert is_surely_slower(standing("worse", *worse), standing("best", *best))


def test_an_arm_that_is_slower_in_most_turns_alone_is_not_surely_slower() -> None:
    best, like = (1.0, 5.0, 2.0, 9.0, 1.0, 4.0), (1.1, 4.9, 2.1, 9.1, 1.1, 4.1)

    assert not is_surely_slower(standing("like", *like), standing("best", *best))


def test_noise_drops_the_true_best_in_few_of_many_searches() -> None:
    """Half of 16 arms are 2 % slower than the best one, turns vary by 10 %, and all of them are measured alike."""
    chance = random.Random(1)
    lost = 0
    for _ in range(200):
        standings = [
            standing(f"c{index:02}", *(chance.gauss(cost, 0.1) for _ in range(12)))
            for index, cost in enumerate([1.0, *[1.02] * 8, *[1.5] * 7])
        ]
        lost += "c00" not in names(survivors(standings, FASTEST, SLA_MS))

    assert lost / 200 < 0.05


def test_the_smallest_that_is_surely_within_the_sla_drops_the_larger_ones() -> None:
    standings = [
        steady("large", 1, size=9),
        steady("small", 5, size=3),
        steady("late", 9, p99=(120, 150, 200), size=1),
        steady("larger", 1, size=10),
    ]

    assert names(survivors(standings, SMALLEST, SLA_MS)) == ["small", "large"]


def test_a_smaller_one_that_may_be_within_the_sla_stays() -> None:
    standings = [steady("small", 5, size=3), steady("smaller", 9, p99=(90, 101, 120), size=1)]

    assert names(survivors(standings, SMALLEST, SLA_MS)) == ["small", "smaller"]


def test_where_all_are_over_the_sla_the_fastest_comes_first_whatever_its_size() -> None:
    late = (120.0, 150.0, 200.0)
    standings = [steady("small", 5, p99=late, size=1), steady("fast", 1, p99=late, size=9)]

    assert names(survivors(standings, SMALLEST, SLA_MS)) == ["fast"]


def test_the_cheapest_is_within_the_sla() -> None:
    standings = [steady("batches of 32", 0.2, p99=(120, 150, 200)), steady("batches of 8", 0.5)]

    assert names(survivors(standings, CHEAPEST, SLA_MS)) == ["batches of 8"]
