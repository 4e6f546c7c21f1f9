"""
`cost-budget` and `cost-warning`: what a stack costs, a month and a request, stays within a budget.

Both judge resources that were written by hand as well. `cost-budget` refuses, `cost-warning` tells; each has its own limits
in the policy configuration of the stack.
"""

from collections.abc import Iterator
from typing import NamedTuple

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.cost.month import CostLine, MonthlyCost
from components.cost.unit_cost import UnitCost, usd_per_1000_requests, usd_per_million_tokens
from components.cost.usage import Usage
from policies.configuration import has_limit
from policies.cost_settings import CostSettings, JudgedCost, cost_policy
from policies.unknown_cost import unknown_costs

# Digits after the point: a cheap model's thousand requests cost less than a cent.
HUNDREDTH_OF_A_CENT, MOST_DIGITS = 4, 12


class CostLimit(CostSettings):
    """The policy's configuration."""

    usd_per_month: float | None = Field(
        default=None, gt=0, description="The limit, for everything of the stack together."
    )
    usd_per_1000_requests: float | None = Field(
        default=None, gt=0, description="The limit for the stack's month over its mean number of requests."
    )
    usd_per_million_tokens: float | None = Field(
        default=None, gt=0, description="The same over tokens, for language models; needs `tokens_per_request`."
    )


def check(cost: MonthlyCost, usage: Usage, limit: CostLimit) -> list[str]:
    """Return a sentence for each cost that is unknown, or, where all are known, for each limit that is broken."""
    if not has_limit(limit):
        return []
    if cost.total is None:
        budget = (
            "the budget of a request"
            if limit.usd_per_month is None
            else f"the budget of ${limit.usd_per_month:,.2f} a month"
        )
        return unknown_costs(cost, f"so {budget} cannot be checked")
    return [*_month(cost, limit), *_units(cost, usage, limit)]


def _month(cost: MonthlyCost, limit: CostLimit) -> Iterator[str]:
    if cost.total is None or limit.usd_per_month is None:
        return
    usd = getattr(cost.total, limit.at)
    if usd <= limit.usd_per_month:
        return
    dearest = max(cost.lines, key=lambda line: _line_at(line, limit))
    yield "; ".join(
        (
            (
                f"${usd:,.2f} a month at {limit.at} is over ${limit.usd_per_month:,.2f}; the dearest is "
                f"{dearest.resource}: {dearest.what}, ${_line_at(dearest, limit):,.2f}"
            ),
            *cost.remarks,
            "rent fewer or smaller machines, or raise `usd_per_month`",
        )
    )


class _UnitLimit(NamedTuple):
    field: str
    usd: float | None
    unit_cost: UnitCost | None
    of: str
    needs: str


def _units(cost: MonthlyCost, usage: Usage, limit: CostLimit) -> Iterator[str]:
    requests, tokens = usd_per_1000_requests(cost.total, usage), usd_per_million_tokens(cost.total, usage)
    for unit in (
        _UnitLimit(
            "usd_per_1000_requests",
            limit.usd_per_1000_requests,
            requests,
            "1,000 requests",
            "`requests_per_month`, or the endpoint's `traffic` in the spec",
        ),
        _UnitLimit(
            "usd_per_million_tokens",
            limit.usd_per_million_tokens,
            tokens,
            "1,000,000 tokens",
            "`tokens_per_request` and `requests_per_month`",
        ),
    ):
        if unit.usd is None:
            continue
        if unit.unit_cost is None:
            yield (
                f"how much traffic the stack has is unknown, so the budget of ${unit.usd:g} for {unit.of} "
                f"cannot be checked; set {unit.needs}"
            )
        elif (usd := getattr(unit.unit_cost, limit.at)) > unit.usd:
            yield (
                f"${_above(usd, unit.usd)} for {unit.of} at {limit.at} is over ${unit.usd:g}; rent fewer or smaller machines, "
                f"or raise `{unit.field}`"
            )


def _above(usd: float, limit: float) -> str:
    """Return a cost that is over its limit in hundredths of a cent, or in as many digits as it takes to look it."""
    digits = next((digits for digits in range(HUNDREDTH_OF_A_CENT, MOST_DIGITS) if round(usd, digits) > limit), None)
    return f"{usd!r}" if digits is None else f"{usd:,.{digits}f}"


def _line_at(line: CostLine, limit: CostLimit) -> float:
    return getattr(line.usd_per_month, limit.at) if line.usd_per_month else 0.0


def _judge(judged: JudgedCost, limit: CostLimit) -> list[str]:
    return check(judged.cost, judged.usage, limit)


cost_budget = cost_policy(
    "cost-budget",
    "The stack costs at most `usd_per_month`, and a request at most its share of that.",
    EnforcementLevel.MANDATORY,
    CostLimit,
    _judge,
)
cost_warning = cost_policy(
    "cost-warning",
    "The stack costs at most the warning's `usd_per_month`, and a request its share of that.",
    EnforcementLevel.ADVISORY,
    CostLimit,
    _judge,
)
