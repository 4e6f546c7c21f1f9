"""A policy's verdict is decided by what it said and by what the stack sets, whatever policies there are."""

from collections.abc import Callable
from typing import Any

import pytest

from components.tokens import EMBEDDED_ENDPOINT, SCALING_CONFIGURATION
from policies.configuration import limits
from policies.pack import CONFIGURATIONS, ENDPOINT_POLICIES, FLEET_POLICIES, POLICIES
from stacks.cli.policy_table import verdicts
from stacks.engine.resource_change import ResourceChange
from stacks.engine.run_result import PolicyReport, RunResult

WITH_LIMIT = {name: limits(model) for name, model in CONFIGURATIONS.items() if limits(model)}


def verdict(
    policy: str, configured: dict[str, dict[str, Any]], *said: PolicyReport, run: RunResult | None = None
) -> str:
    fleets = {item.name for item in FLEET_POLICIES}
    run = run or of(SCALING_CONFIGURATION if policy in fleets else EMBEDDED_ENDPOINT)
    run.policies.extend(said)
    (found,) = [item["verdict"] for item in verdicts(run, configured) if item["policy"] == policy]
    return found


def of(kind: str, operation: str = "create") -> RunResult:
    urn = f"urn:pulumi:local::p::{kind}::one"
    gone = operation == "delete"
    change = ResourceChange(urn, "", kind, operation, before={} if gone else None, after=None if gone else {})
    return RunResult(resources={urn: change})


@pytest.mark.parametrize("policy", [policy.name for policy in POLICIES])
def test_a_policy_that_said_nothing_has_passed_unless_its_limit_is_not_set(policy: str) -> None:
    assert verdict(policy, {}) == ("not set" if policy in WITH_LIMIT else "passed")


@pytest.mark.parametrize("policy", WITH_LIMIT)
def test_one_limit_is_enough_and_other_settings_are_none(policy: str) -> None:
    assert verdict(policy, {policy: {WITH_LIMIT[policy][0]: 1}}) == "passed"
    assert verdict(policy, {policy: {"enforcementLevel": "advisory", "region": "us-east-1"}}) == "not set"


def test_a_disabled_policy_has_not_passed() -> None:
    assert verdict("latency-budget", {"latency-budget": {"enforcementLevel": "disabled"}}) == "not set"


@pytest.mark.parametrize("policy", [policy.name for policy in ENDPOINT_POLICIES])
@pytest.mark.parametrize("run", [lambda: of(SCALING_CONFIGURATION), lambda: of(EMBEDDED_ENDPOINT, "delete"), RunResult])
def test_a_policy_over_endpoints_has_not_passed_where_the_stack_will_have_none(
    policy: str, run: Callable[[], RunResult]
) -> None:
    configured = {policy: dict.fromkeys(WITH_LIMIT.get(policy, ()), 1)}
    assert verdict(policy, configured, run=run()) == "not applicable"
    assert verdict(policy, {policy: {"enforcementLevel": "disabled"}}, run=run()) == "not set"
    assert verdict(policy, configured, PolicyReport(policy, mandatory=True, message="no"), run=run()) == "refused"


def test_what_the_program_only_reads_was_not_judged() -> None:
    read = ResourceChange("urn:pulumi:local::p::t::one", "", EMBEDDED_ENDPOINT, "read", after={}, read_after=True)

    assert verdict("latency-budget", {}, run=RunResult(resources={read.urn: read})) == "not applicable"


@pytest.mark.parametrize("policy", [policy.name for policy in FLEET_POLICIES])
def test_a_policy_over_fleets_has_not_passed_where_the_stack_has_none(policy: str) -> None:
    assert verdict(policy, {}, run=of(EMBEDDED_ENDPOINT)) == "not applicable"


def test_a_policy_over_the_whole_stack_judges_a_fleet() -> None:
    assert verdict("autoscaling-sanity", {}, run=of(SCALING_CONFIGURATION)) == "passed"


def test_what_a_policy_said_counts_most() -> None:
    for mandatory, expected in ((True, "refused"), (False, "warned")):
        assert verdict("cost-budget", {}, PolicyReport("cost-budget", mandatory, "too dear")) == expected
