"""Whether a choice of machines stays within the cost budget of its stack."""

import math
from typing import NamedTuple

from components.choice.choices import Choice


class Breach(NamedTuple):
    """Why a budget is broken, and the dollars that it would take; None where that is not known."""

    why: str
    usd: float | None = None


def breach(choice: Choice, usd_per_month: float | None, usd_per_1000_requests: float | None) -> Breach | None:
    """
    Return how a choice breaks its budgets; None where it keeps them.

    Args:
        choice: What would run. A month is judged at its most replicas, requests at the expected ones.
        usd_per_month: The budget of a month in dollars; None: no limit.
        usd_per_1000_requests: The budget of 1,000 requests in dollars; None: no limit.
    """
    if usd_per_month is None and usd_per_1000_requests is None:
        return None
    month, each = choice.usd_per_month, choice.usd_per_1000_requests
    if month is None:
        return Breach(f"a budget cannot be checked: {choice.usd_per_hour.basis}; leave `budget` out")
    if usd_per_month is not None and month.maximum > usd_per_month:
        return Breach(
            f"{choice.scaling.max_replicas} replicas cost up to ${month.maximum:,.2f} a month, over the budget of "
            f"${usd_per_month:,.2f}; it takes a `usd_per_month` of {math.ceil(month.maximum)}",
            month.maximum,
        )
    if usd_per_1000_requests is not None and each.value is None:
        return Breach(f"`usd_per_1000_requests` cannot be checked: {each.basis}")
    if usd_per_1000_requests is not None and each.value is not None and each.value > usd_per_1000_requests:
        return Breach(
            f"1,000 requests cost ${each.value:.4f}, over the budget of ${usd_per_1000_requests:g}; "
            f"it takes a `usd_per_1000_requests` of {math.ceil(each.value * 1e4) / 1e4:g}",
            each.value,
        )
    return None
