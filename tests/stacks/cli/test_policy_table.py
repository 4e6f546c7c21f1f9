"""A policy's verdict is decided by what it said and by what the stack sets, whatever policies there are."""

from typing import Any

import pytest

from policies.configuration import limits
from policies.pack import CONFIGURATIONS, POLICIES
from stacks.cli.policy_table import verdicts
from stacks.engine.run_result import PolicyReport

WITH_LIMIT = {name: limits(model) for name, model in CONFIGURATIONS.items() if limits(model)}


def verdict(policy: str, configured: dict[str, dict[str, Any]], *said: PolicyReport) -> str:
    (found,) = [item["verdict"] for item in verdicts(list(said), configured) if item["policy"] == policy]
    return found


@pytest.mark.parametrize("policy", [policy.name for policy in POLICIES])
def test_a_policy_that_said_nothing_has_passed_unless_its_limit_is_not_set(policy: str) -> None:
    assert verdict(policy, {}) == ("not set" if policy in WITH_LIMIT else "passed")


@pytest.mark.parametrize("policy", WITH_LIMIT)
def test_one_limit_is_enough_and_other_settings_are_none(policy: str) -> None:
    assert verdict(policy, {policy: {WITH_LIMIT[policy][0]: 1}}) == "passed"
    assert verdict(policy, {policy: {"enforcementLevel": "advisory", "region": "us-east-1"}}) == "not set"


def test_a_disabled_policy_has_not_passed() -> None:
    assert verdict("latency-budget", {"latency-budget": {"enforcementLevel": "disabled"}}) == "not set"


def test_what_a_policy_said_counts_most() -> None:
    for mandatory, expected in ((True, "refused"), (False, "warned")):
        assert verdict("cost-budget", {}, PolicyReport("cost-budget", mandatory, "too dear")) == expected
