"""`fleet-integrity` on a fleet that was chosen, and on each change of its record that matters."""

import copy
from typing import Any

import pytest
from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, unknown_checking_proxy

from components.choice.choose import choose
from components.tokens import EMBEDDED_ENDPOINT, SCALING_CONFIGURATION
from optimizers.vocabulary import DeploymentTarget
from policies.fleet_integrity import fleet_integrity
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked

RECORDED = choose(asked(DeploymentTarget.KUBERNETES, rate_rps=100), LOCKED, MACHINE, SHIPPED).plan.recorded()


def found(props: dict[str, Any], token: str = SCALING_CONFIGURATION) -> list[str]:
    messages = list[str]()
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn", "minilm", None, None, None)  # type: ignore[arg-type]
    fleet_integrity.validate(args, lambda message, _urn: messages.append(message))
    return messages


def changed(path: str, value: object) -> dict[str, Any]:
    record = copy.deepcopy(RECORDED)
    *parents, last = path.split(".")
    part = record
    for parent in parents:
        part = part[parent]
    part[last] = value
    return {"plan": record}


def test_a_chosen_fleet_passes() -> None:
    assert found({"plan": RECORDED}) == []


def test_other_resources_are_not_its_concern() -> None:
    assert found({}, EMBEDDED_ENDPOINT) == []


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("latency_sla_ms", 1, "over the SLA of 1 ms; let `serving up` plan it again"),
        ("chosen.p99_ms.value", 99_999, "p99 99999 ms is over the SLA"),
        ("chosen.p99_high_ms", 99_999, "p99 99999 ms is over the SLA"),
        ("chosen.scaling.min_replicas", 0, "min_replicas 0 is under"),
        ("chosen.scaling.min_replicas", 1000, "min_replicas 1000 is over max_replicas"),
        ("chosen.scaling.max_replicas", -5, "not readable at `chosen.scaling.max_replicas`"),
        ("usd_per_month_budget", 0.5, "over the budget of $0.50; it takes a `usd_per_month` of"),
        ("usd_per_1000_requests_budget", 1e-9, "cannot be checked: `throughput_rps` is a peak"),
        ("chosen", UNKNOWN_NUMBER_VALUE, "make the value known"),
        ("chosen.usd_per_month", {}, "not readable at `chosen.usd_per_month"),
    ],
)
def test_each_change_that_matters_is_refused_by_name(path: str, value: object, words: str) -> None:
    (message,) = found(changed(path, value))

    assert message.startswith("minilm: ")
    assert words in message


def test_a_budget_of_requests_is_judged_where_their_cost_is_known() -> None:
    record = changed("usd_per_1000_requests_budget", 0.001)
    record["plan"]["chosen"]["usd_per_1000_requests"]["value"] = 0.002

    (message,) = found(record)

    assert "over the budget of $0.001; it takes a `usd_per_1000_requests` of 0.002" in message


def test_a_budget_of_a_fleet_without_a_price_is_refused() -> None:
    record = changed("usd_per_month_budget", 1e6)
    record["plan"]["chosen"]["usd_per_month"] = None

    (message,) = found(record)

    assert "a budget cannot be checked" in message


def test_a_record_without_a_plan_is_refused() -> None:
    assert found({}) == ["minilm: no plan is recorded; create it through a model-serving component"]
