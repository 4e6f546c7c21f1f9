"""What contradicts the declared traffic: rules over the spec, whose paths are relative to it."""

import math

from components.capacity.declared import UNDECLARED
from components.cost.billed_units import HOURS_PER_MONTH
from components.endpoint_plan import PlannedTraffic
from optimizers.errors import Issue

# Budgets for one traffic that lie further apart than this are no two limits, but a slip in a unit.
MOST_BUDGET_RATIO = 10


def peak_conflict(planned: PlannedTraffic, throughput_rps: int) -> Issue | None:
    """Return the issue of traffic whose peak is above `throughput_rps`, the peak that all is planned for."""
    if planned.peak_rps <= throughput_rps:
        return None
    return Issue(
        path="traffic",
        got=f"a peak of {planned.peak_rps:g} requests/s",
        rule=f"`serving_context.throughput_rps` is the peak, and it is {throughput_rps}",
        fix=f"raise `throughput_rps` to {math.ceil(planned.peak_rps)} or lower the traffic",
    )


def mean_conflict(planned: PlannedTraffic, usd_per_1000_requests: float | None) -> Issue | None:
    """Return the issue of a budget for the mean rate where only a peak is known."""
    if usd_per_1000_requests is None or planned.basis != UNDECLARED:
        return None
    return Issue(
        path="budget.usd_per_1000_requests",
        got=f"`{usd_per_1000_requests:g}`",
        rule="it is held at the mean rate, and the spec has no `traffic`, only the peak `throughput_rps`",
        fix="declare `traffic`, or set `usd_per_month` alone",
    )


def budget_conflict(
    planned: PlannedTraffic, usd_per_month: float | None, usd_per_1000_requests: float | None
) -> Issue | None:
    """Return the issue of two budgets that cannot be meant for the same traffic."""
    if usd_per_month is None or usd_per_1000_requests is None:
        return None
    implied = usd_per_1000_requests * planned.mean_rps * 3600 * HOURS_PER_MONTH / 1000
    if max(usd_per_month, implied) <= MOST_BUDGET_RATIO * min(usd_per_month, implied):
        return None
    return Issue(
        path="budget",
        got=f"usd_per_month {usd_per_month:g} and usd_per_1000_requests {usd_per_1000_requests:g}",
        rule=(
            f"at {planned.mean_rps:g} requests/s on average the second is ${implied:,.2f} a month, "
            f"over {MOST_BUDGET_RATIO} times {'more' if implied > usd_per_month else 'less'} than the first"
        ),
        fix="correct one of them, or leave one out",
    )
