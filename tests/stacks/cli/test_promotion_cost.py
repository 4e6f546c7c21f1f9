"""The cost of a promotion's target, as a sentence."""

import pytest

from components.cost.month import UsdPerMonth
from stacks.cli.promotion_cost import CostChange


def month(usd: float) -> UsdPerMonth:
    return UsdPerMonth(minimum=0, expected=usd / 2, maximum=usd)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (month(100), month(1234.5), "$100.00 a month now, $1,234.50 after: +$1,134.50"),
        (month(0), month(0), "$0.00 a month now, $0.00 after: $0.00"),
        (None, month(5), "unknown a month now, $5.00 after: unknown"),
        (month(5), None, "$5.00 a month now, unknown after: unknown"),
    ],
)
def test_an_unknown_cost_is_never_nothing(before: UsdPerMonth | None, after: UsdPerMonth | None, said: str) -> None:
    assert CostChange(before, after).line == f"[bold]Cost[/]  {said}"
