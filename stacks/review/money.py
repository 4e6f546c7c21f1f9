"""Differences between amounts, to the cent; what is unknown on either side is unknown."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from components.cost.month import UsdPerMonth

UNKNOWN = "unknown"
At = Literal["minimum", "expected", "maximum"]

NOTHING = UsdPerMonth(minimum=0.0, expected=0.0, maximum=0.0)


def total(amounts: Iterable[UsdPerMonth | None]) -> UsdPerMonth | None:
    """Return the sum, `NOTHING` of none, or None where one amount is unknown."""
    minimum = expected = maximum = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        minimum += _exact(amount.minimum)
        expected += _exact(amount.expected)
        maximum += _exact(amount.maximum)
    return UsdPerMonth(minimum=float(minimum), expected=float(expected), maximum=float(maximum))


def difference(before: UsdPerMonth | None, after: UsdPerMonth | None) -> UsdPerMonth | None:
    """Return `after - before`, or None where one of them is unknown."""
    if before is None or after is None:
        return None
    return UsdPerMonth(
        minimum=_minus(after.minimum, before.minimum),
        expected=_minus(after.expected, before.expected),
        maximum=_minus(after.maximum, before.maximum),
    )


def change_in_percent(before: float, after: float) -> float | None:
    """Return the change relative to `before`, or None where that is 0."""
    return None if before == 0 else 100 * (after - before) / before


def dollars(amount: float) -> str:
    """Return `$1,234.50`."""
    return f"${amount:,.2f}"


def signed_dollars(amount: float) -> str:
    """Return `+$93.00`, `-$93.00` or `$0.00`."""
    sign = "+" if amount > 0 else "-" if amount < 0 else ""
    return f"{sign}{dollars(abs(amount))}"


def amount(usd: UsdPerMonth | None, at: At) -> str:
    """Return the dollars at so many machines, or that they are unknown."""
    return UNKNOWN if usd is None else dollars(_at(usd, at))


def signed_amount(usd: UsdPerMonth | None, at: At) -> str:
    """Return the same of a difference, with its sign."""
    return UNKNOWN if usd is None else signed_dollars(_at(usd, at))


def _at(usd: UsdPerMonth, at: At) -> float:
    return {"minimum": usd.minimum, "expected": usd.expected, "maximum": usd.maximum}[at]


def _minus(after: float, before: float) -> float:
    return float(_exact(after) - _exact(before))


def _exact(amount: float) -> Decimal:
    # Floats of whole cents have no exact sum.
    return Decimal(repr(amount))
