"""What 1,000 requests to a fleet cost at the declared mean rate."""

from components.capacity.declared import UNDECLARED
from components.cost.billed_units import HOURS_PER_MONTH
from components.cost.month import UsdPerMonth
from components.endpoint_plan import PlannedTraffic

SECONDS_PER_HOUR = 3600
# Digits of a cost per 1,000 requests: a ten-thousandth of a cent.
THOUSAND_DIGITS = 6


def usd_per_thousand(traffic: PlannedTraffic, month: UsdPerMonth | None) -> float | None:
    """Return US dollars, as expected; unknown where the month is, and where no mean was declared."""
    if month is None or traffic.basis == UNDECLARED:
        return None
    return round(month.expected / thousands(traffic), THOUSAND_DIGITS)


def thousands(traffic: PlannedTraffic) -> float:
    """Return how many thousand requests come in a month."""
    return traffic.mean_rps * SECONDS_PER_HOUR * HOURS_PER_MONTH / 1000
