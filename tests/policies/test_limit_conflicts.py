"""A warning that could only speak where its policy has refused already is a mistake."""

from typing import Any

import pytest

from policies.limit_conflicts import conflicts


@pytest.mark.parametrize(
    ("warning", "refusal", "field"),
    [
        ({"usd_per_month": 200}, {"usd_per_month": 100}, "usd_per_month"),
        ({"usd_per_month": 200, "at": "minimum"}, {"usd_per_month": 100, "at": "maximum"}, "usd_per_month"),
        ({"usd_per_1000_requests": 2}, {"usd_per_1000_requests": 1}, "usd_per_1000_requests"),
    ],
)
def test_a_warning_above_its_refusal_is_named(warning: dict[str, Any], refusal: dict[str, Any], field: str) -> None:
    (issue,) = conflicts({"cost-warning": warning, "cost-budget": refusal})

    assert issue.path == f"cost-warning.{field}"
    assert "so the warning would never be seen alone" in issue.rule
    assert f"or raise `cost-budget.{field}`" in issue.fix


@pytest.mark.parametrize(
    "said",
    [
        {"cost-warning": {"usd_per_month": 80}, "cost-budget": {"usd_per_month": 100}},
        {"cost-warning": {"usd_per_month": 100}, "cost-budget": {"usd_per_month": 100}},
        {"cost-warning": {"usd_per_month": 200}, "cost-budget": {"usd_per_month": 100, "at": "minimum"}},
        {"cost-warning": {"usd_per_month": 200}},
        {"cost-warning": {"usd_per_month": 200}, "cost-budget": {"usd_per_1000_requests": 1}},
        {"cost-increase-warning": {"percent": 9, "at": "minimum"}, "cost-increase": {"percent": 5}},
        {"cost-warning": {"usd_per_month": 200}, "cost-budget": {"usd_per_month": 100, "enforcementLevel": "disabled"}},
        {"cost-warning": {"usd_per_month": 200, "enforcementLevel": "disabled"}, "cost-budget": {"usd_per_month": 100}},
        {"cost-warning": 5, "cost-budget": {"usd_per_month": "x", "at": []}},
    ],
)
def test_limits_that_both_can_speak_are_none(said: dict[str, Any]) -> None:
    assert list(conflicts(said)) == []


def test_increases_are_compared_too() -> None:
    (issue,) = conflicts({"cost-increase-warning": {"percent": 9}, "cost-increase": {"percent": 5}})

    assert issue.path == "cost-increase-warning.percent"
