"""
Which configurations stay in a search: successive halving, with a test that keeps what noise alone made slow.

Every round measures what is left, interleaved, and then the worse half drops out, so that each round has the same time
and each survivor twice as much of it (Karnin, Koren and Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", ICML
2013; Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016).

They drop the worse half whatever its lead. Here one of it stays unless it is surely worse than the best: the 95 %
confidence interval of the median ratio of its turns to the best one's turns beside them lies above 1 (the sign test in
pairs; Conover, Practical Nonparametric Statistics, section 3.4). Turns are compared in pairs since what disturbs a machine
disturbs neighbours alike, and as wholes since the calls of one turn are alike. With fewer than `FEWEST_TURNS` turns no
such interval exists, and nothing drops out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from optimizers.configuration import Configuration
from optimizers.report import Interval
from optimizers.statistics import percentile
from optimizers.vocabulary import Objective

# The fewest turns whose smallest ratio is a lower bound with 95 %: 0.5 ** 6 is under 2.5 %, 0.5 ** 5 is not.
FEWEST_TURNS = 6


@dataclass(frozen=True, slots=True, order=True)
class Arm:
    """
    What is measured against others.

    Attributes:
        candidate: Its name.
        threads: For each call.
        streams: Calls that its runtime computes at once.
        batch_size: Rows in each call.
    """

    candidate: str
    threads: int
    streams: int
    batch_size: int = 1

    @property
    def configuration(self) -> Configuration:
        """How its session is opened."""
        return Configuration(threads=self.threads, streams=self.streams)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How an arm did in one round.

    Attributes:
        costs: One a turn, in order: the time that is to be short, over that of the original in the turn beside it.
        p99: Of a call.
        size_bytes: Of the artifact.
    """

    arm: Arm
    costs: tuple[float, ...]
    p99: Interval
    size_bytes: int


def rounds_for(arms: int, finalists: int) -> int:
    """Return how many rounds halve so many arms down to the finalists."""
    rounds = 0
    while arms > finalists:
        arms, rounds = math.ceil(arms / 2), rounds + 1
    return rounds


def ranked(standings: Sequence[Standing], objective: Objective, sla_ms: float) -> list[Standing]:
    """Return them best first; the arm's name decides between equals."""

    def rank(item: Standing) -> tuple[bool, int, float, Arm]:
        over_sla = objective is not Objective.FASTEST and item.p99.value_ms > sla_ms
        # Where none is within the SLA, the fastest is chosen, whatever its size.
        size = item.size_bytes if objective is Objective.SMALLEST and not over_sla else 0
        return over_sla, size, median(item.costs), item.arm

    return sorted(standings, key=rank)


def survivors(standings: Sequence[Standing], objective: Objective, sla_ms: float) -> list[Standing]:
    """
    Return those that stay, best first: the better half, and each of the others that is not surely worse than the best.

    Args:
        standings: One for each arm; at least one.
        objective: What better means.
        sla_ms: Most that the p99 of a call may be, where the objective asks.
    """
    order = ranked(standings, objective, sla_ms)
    half, best = math.ceil(len(order) / 2), order[0]
    return [*order[:half], *(item for item in order[half:] if not is_surely_worse(item, best, objective, sla_ms))]


def is_surely_worse(item: Standing, best: Standing, objective: Objective, sla_ms: float) -> bool:
    """Return whether the objective prefers `best`, and noise does not explain it."""
    if objective is not Objective.FASTEST:
        within, over = best.p99.high_ms <= sla_ms, item.p99.low_ms > sla_ms
        if not within:
            # Which of two that are both over the SLA is faster still counts; one that may be within it stays.
            return over and best.p99.low_ms > sla_ms and is_surely_slower(item, best)
        if over:
            return True
        if objective is Objective.SMALLEST and item.size_bytes != best.size_bytes:
            return item.size_bytes > best.size_bytes
    return is_surely_slower(item, best)


def is_surely_slower(item: Standing, best: Standing) -> bool:
    """Return whether the median ratio of paired turns is above 1 with 95 % confidence."""
    ratios = [cost / other for cost, other in zip(item.costs, best.costs, strict=False)]
    return len(ratios) >= FEWEST_TURNS and percentile(ratios, 0.5).low_ms > 1
