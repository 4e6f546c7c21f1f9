"""
`cost-increase` and `cost-increase-warning`: a change costs at most so much more than what runs, in dollars and in percent.

A preview knows what will be and not what is. `serving` reads the stack's last state, prices it like the preview, and adds it
to the configuration of that one run. With plain `pulumi` it is unknown unless it is written there.
"""

from collections.abc import Iterator
from typing import ClassVar

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.cost.month import MonthlyCost
from policies.configuration import has_limit
from policies.cost_settings import CostSettings, JudgedCost, cost_policy
from policies.unknown_cost import unknown_costs

NOT_KNOWN = "use `serving preview`, which reads it from the stack's state, or set `usd_per_month_now`"


class IncreaseLimit(CostSettings):
    """The policy's configuration."""

    facts: ClassVar[frozenset[str]] = CostSettings.facts | {"usd_per_month_now", "unknown_now"}

    usd_per_month: float | None = Field(default=None, ge=0, description="The most that a month may cost more than now.")
    percent: float | None = Field(default=None, ge=0, description="The same in percent of what a month costs now.")
    usd_per_month_now: float | None = Field(
        default=None,
        ge=0,
        description="What runs now costs so much, at the same number of machines. `serving` sets it from the stack's state, "
        "and takes what is written here only where that holds nothing.",
    )
    unknown_now: str | None = Field(
        default=None, description="Why nobody knows what is paid now. `serving` sets it where the state has no answer."
    )


def check(cost: MonthlyCost, limit: IncreaseLimit) -> list[str]:
    """Return a sentence for what is unknown, or, where all is known, for each limit that the increase breaks."""
    if not has_limit(limit):
        return []
    now = limit.usd_per_month_now
    if now is None:
        why = f" ({limit.unknown_now})" if limit.unknown_now else ""
        return [f"what runs now costs an unknown sum{why}, so the increase cannot be checked; {NOT_KNOWN}"]
    if cost.total is None:
        return unknown_costs(cost, f"so the increase over ${now:,.2f} cannot be checked")
    return list(_broken(getattr(cost.total, limit.at), now, limit))


def _broken(after: float, now: float, limit: IncreaseLimit) -> Iterator[str]:
    more = round(after - now, 2)
    change = f"${more:,.2f} a month more at {limit.at} (${now:,.2f} -> ${after:,.2f})"
    if limit.usd_per_month is not None and more > limit.usd_per_month:
        yield f"{change} is over the ${limit.usd_per_month:,.2f} allowed; change less, or raise `usd_per_month`"
    if limit.percent is None or more <= 0:
        return
    if not now:
        # No percentage of nothing is a limit; a limit in dollars beside it judges what was free until now.
        if limit.usd_per_month is None:
            yield f"{change}: {limit.percent:g} % of $0 is no limit; set `usd_per_month` beside `percent`"
    elif 100 * more > limit.percent * now:
        percent = f"{100 * more / now:.4g} % more"
        yield f"{percent}, {change}, is over the {limit.percent:g} % allowed; change less, or raise `percent`"


def _judge(judged: JudgedCost, limit: IncreaseLimit) -> list[str]:
    return check(judged.cost, limit)


cost_increase = cost_policy(
    "cost-increase",
    "The stack costs at most `usd_per_month` and `percent` more than what runs.",
    EnforcementLevel.MANDATORY,
    IncreaseLimit,
    _judge,
)
cost_increase_warning = cost_policy(
    "cost-increase-warning",
    "The stack costs at most the warning's `usd_per_month` and `percent` more than what runs.",
    EnforcementLevel.ADVISORY,
    IncreaseLimit,
    _judge,
)
