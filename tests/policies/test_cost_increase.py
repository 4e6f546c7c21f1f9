"""What a change costs more than what runs: in dollars, in percent, and where one of the two sums is unknown."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy import EnforcementLevel, StackValidationPolicy
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE

from components.cost.month import MonthlyCost
from policies.cost_increase import IncreaseLimit, check, cost_increase, cost_increase_warning
from policies.pack import INCREASE_POLICIES
from tests.support.policy_runs import violations
from tests.support.raw_resources import endpoint_configuration, node_group, variant
from tests.support.stack_costs import cost_of

# 2 x $1.408 x 730 h = $2,055.68, and one is $1,027.84.
TWO_G5 = endpoint_configuration(variant("ml.g5.xlarge", 2))
ONE_NOW = {"usd_per_month_now": 1027.84}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path / "policies")


def said(config: dict[str, Any], policy: StackValidationPolicy = cost_increase) -> list[str]:
    return violations(policy, config, TWO_G5)


@pytest.mark.parametrize("policy", INCREASE_POLICIES, ids=lambda policy: policy.name)
def test_an_increase_over_the_limit_names_both_sums_and_the_remedy(policy: StackValidationPolicy) -> None:
    assert said({"usd_per_month": 500, **ONE_NOW}, policy) == [
        (
            "$1,027.84 a month more at maximum ($1,027.84 -> $2,055.68) is over the $500.00 allowed; "
            "change less, or raise `usd_per_month`"
        )
    ]
    assert said({"percent": 50, **ONE_NOW}, policy) == [
        (
            "100 % more, $1,027.84 a month more at maximum ($1,027.84 -> $2,055.68), is over the 50 % allowed; "
            "change less, or raise `percent`"
        )
    ]


@pytest.mark.parametrize(
    ("config", "broken"),
    [
        ({"usd_per_month": 1027.84}, 0),
        ({"usd_per_month": 1027.83}, 1),
        ({"percent": 100}, 0),
        ({"percent": 99.9}, 1),
        ({"usd_per_month": 1, "percent": 1}, 2),
        ({"usd_per_month": 0, "usd_per_month_now": 2055.68}, 0),
        ({"usd_per_month": 0, "percent": 0, "usd_per_month_now": 3000.0}, 0),
    ],
)
def test_a_change_at_its_limit_passes_and_a_cent_over_it_does_not(config: dict[str, Any], broken: int) -> None:
    assert len(said({**ONE_NOW, **config})) == broken


def test_the_number_of_machines_that_is_judged_is_configured() -> None:
    group = node_group(["c5.xlarge"], 0, 1, 10, diskSize=20)
    config = {"usd_per_month": 200, "usd_per_month_now": 0}

    assert [bool(violations(cost_increase, {**config, "at": at}, group)) for at in ("minimum", "expected", "maximum")] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("policy", INCREASE_POLICIES, ids=lambda policy: policy.name)
def test_without_a_limit_nothing_is_judged(policy: StackValidationPolicy) -> None:
    assert violations(policy, {}, node_group(["g9.huge"], 9, 9, 9)) == []


def test_what_runs_now_must_be_known() -> None:
    assert said({"usd_per_month": 1e9}) == [
        (
            "what runs now costs an unknown sum, so the increase cannot be checked; use `serving preview`, which reads it from "
            "the stack's state, or set `usd_per_month_now`"
        )
    ]
    assert (
        "an unknown sum (r0: 1 x g9.huge: not priced)"
        in said({"percent": 10, "unknown_now": "r0: 1 x g9.huge: not priced"})[0]
    )


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (node_group(["g9.huge"], 1, 1, 1), "g9.huge is not in"),
        (node_group(["c5.xlarge"], 1, 1, UNKNOWN_NUMBER_VALUE), "can't be known during preview"),  # type: ignore[arg-type]
    ],
)
def test_what_will_run_must_be_known(resource: Any, reason: str) -> None:
    (message,) = violations(cost_increase, {"usd_per_month": 1e9, **ONE_NOW}, resource)

    assert reason in message
    assert "so the increase over $1,027.84 cannot be checked" in message


def test_a_percentage_of_nothing_needs_a_limit_in_dollars_beside_it() -> None:
    now = {"usd_per_month_now": 0}

    assert "10 % of $0 is no limit; set `usd_per_month` beside `percent`" in said({"percent": 10, **now})[0]
    assert said({"percent": 10, "usd_per_month": 3000, **now}) == []
    assert violations(cost_increase, {"percent": 10, **now}) == []


@pytest.mark.parametrize("config", [{"usd_per_month": -1}, {"percent": "much"}, {"usd_per_month": 1, "at": "most"}])
def test_a_wrong_configuration_is_a_violation(config: dict[str, Any]) -> None:
    assert "the policy configuration is wrong at" in said(config)[0]


def test_one_refuses_and_the_other_tells() -> None:
    assert cost_increase.enforcement_level is EnforcementLevel.MANDATORY
    assert cost_increase_warning.enforcement_level is EnforcementLevel.ADVISORY


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 30))
def test_a_limit_in_dollars_holds_exactly(now_cents: int, limit_cents: int, more_cents: int, nodes: int) -> None:
    cost: MonthlyCost = cost_of(node_group(["c5.xlarge"], nodes, nodes, nodes))
    assert cost.total is not None
    after_cents = round(100 * cost.total.maximum)
    limit = IncreaseLimit(usd_per_month=limit_cents / 100, usd_per_month_now=now_cents / 100)

    assert bool(check(cost, limit)) is (after_cents - now_cents > limit_cents)
    wider = limit.model_copy(update={"usd_per_month": (limit_cents + more_cents) / 100})
    assert not check(cost, wider) or check(cost, limit)
