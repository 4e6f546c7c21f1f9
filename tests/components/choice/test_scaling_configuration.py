"""The recorded choice, and what a cost policy makes of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.choice.choices import ScalingPlan
from components.choice.choose import choose
from components.choice.outputs import cost_estimate, resource_limits, scaling_policy
from components.cost.declared_resource import DeclaredResource
from components.cost.stack_cost import stack_cost
from components.tokens import SCALING_CONFIGURATION
from optimizers.vocabulary import DeploymentTarget
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


def plan(target: DeploymentTarget = DeploymentTarget.KUBERNETES, rate_rps: int = 100) -> ScalingPlan:
    return choose(asked(target, rate_rps=rate_rps), LOCKED, MACHINE, SHIPPED).plan


def recorded(props: dict[str, Any]) -> DeclaredResource:
    return DeclaredResource(type=SCALING_CONFIGURATION, name="minilm", props=props)


def test_the_record_is_the_plan_again() -> None:
    assert ScalingPlan.model_validate(plan().recorded()) == plan()


def test_the_outputs_are_the_contract() -> None:
    found = plan()

    assert set(scaling_policy(found)) == {"min_replicas", "max_replicas", "target_utilization"}
    assert resource_limits(found)["cpu_cores"] == 2
    assert resource_limits(found)["machine"] == found.chosen.machine
    assert found.chosen.usd_per_month is not None
    estimate = cost_estimate(found)
    assert estimate["usd_per_month"] == found.chosen.usd_per_month.model_dump()
    assert estimate["basis"].endswith("machines alone, 730 h a month: no control plane, disk or load balancer")


def test_a_policy_finds_the_cost_that_was_planned() -> None:
    found = plan()

    cost = stack_cost([recorded({"plan": found.recorded()})], SHIPPED)

    assert cost.total == found.chosen.usd_per_month


def test_this_machine_costs_no_rent() -> None:
    found = plan(DeploymentTarget.EMBEDDED, rate_rps=5)

    assert stack_cost([recorded({"plan": found.recorded()})], SHIPPED).lines == ()
    assert cost_estimate(found)["usd_per_month"] is None
    assert cost_estimate(found)["basis"] == "this machine is not rented; what it costs is not known"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("p99_high_ms", 99_999),
        ("p99_ms.value", 99_999),
        ("scaling.min_replicas", 0),
        ("scaling.min_replicas", 1000),
        ("scaling.max_replicas", -5),
        ("machines", None),
        ("machines.count.maximum", -1),
    ],
)
def test_a_record_that_no_choice_made_is_refused_and_an_unknown_cost(path: str, value: object) -> None:
    changed = plan().recorded()
    *parents, last = path.split(".")
    part = changed["chosen"]
    for parent in parents:
        part = part[parent]
    part[last] = value

    with pytest.raises(ValidationError):
        ScalingPlan.model_validate(changed)
    assert stack_cost([recorded({"plan": changed})], SHIPPED).total is None


@pytest.mark.parametrize("props", [{}, {"plan": {}}, {"plan": {"chosen": {"machines": {"names": ["c7i.xlarge"]}}}}])
def test_a_record_that_cannot_be_read_is_an_unknown_cost(props: dict[str, Any]) -> None:
    assert stack_cost([recorded(props)], SHIPPED).total is None
