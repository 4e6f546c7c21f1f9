"""What a thousand requests cost, and a million tokens: a month's cost over what is done in it."""

from decimal import Decimal

from components.cost.month import UsdPerMonth
from components.cost.usage import Usage
from components.endpoint_plan import PlanPart

REQUESTS, TOKENS = Decimal(1000), Decimal(1_000_000)


class UnitCost(PlanPart):
    """US dollars for so many requests or tokens, at the month's minimum, expected and maximum cost; not rounded, to be judged."""

    minimum: float
    expected: float
    maximum: float


def usd_per_1000_requests(month: UsdPerMonth | None, usage: Usage) -> UnitCost | None:
    """Return the cost of 1,000 requests; None where the month's cost or the mean rate is unknown."""
    if month is None or usage.requests_per_month is None:
        return None
    return _each(month, REQUESTS, Decimal(repr(usage.requests_per_month)))


def usd_per_million_tokens(month: UsdPerMonth | None, usage: Usage) -> UnitCost | None:
    """Return the cost of 1,000,000 tokens; None where the month's cost, the rate or the tokens of a request are unknown."""
    if month is None or usage.requests_per_month is None or usage.tokens_per_request is None:
        return None
    tokens = Decimal(repr(usage.requests_per_month)) * Decimal(repr(usage.tokens_per_request))
    return _each(month, TOKENS, tokens)


def _each(month: UsdPerMonth, of: Decimal, done: Decimal) -> UnitCost:
    minimum, expected, maximum = (
        float(Decimal(repr(usd)) * of / done) for usd in (month.minimum, month.expected, month.maximum)
    )
    return UnitCost(minimum=minimum, expected=expected, maximum=maximum)
