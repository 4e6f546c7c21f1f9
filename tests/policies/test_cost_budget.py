"""A stack's cost against its budget, resources by hand; each way of not knowing a cost refuses."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import PolicyResource, StackValidationArgs, StackValidationPolicy
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from components.catalog.prices_file import read_catalog, render
from components.catalog.services import Service
from components.cost.scaling_target import SCALING_TARGET
from policies.cost_budget import cost_budget
from policies.pack import COST_POLICIES
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, node_pool, variant

BUDGET = {"usd_per_month": 2000.0}
# 2 x $1.408 x 730 h = $2,055.68.
TWO_G5 = endpoint_configuration(variant("ml.g5.xlarge", 2))
ONE_G5 = endpoint_configuration(variant("ml.g5.xlarge"))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without prices of its own, whose policy pack is started in its own folder."""
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path / "policies")
    return tmp_path


def said(
    *resources: Resource, config: dict[str, Any] | None = None, policy: StackValidationPolicy = cost_budget
) -> list[str]:
    """Run a policy as the engine does, with props that raise on unknown values."""
    listed = [
        PolicyResource(token, unknown_checking_proxy(props), f"urn::{number}", f"r{number}", None, None, None, [], {})  # type: ignore[arg-type]
        for number, (token, props) in enumerate(resources)
    ]
    found: list[str] = []
    args = StackValidationArgs(listed, BUDGET if config is None else config)
    policy.validate(args, lambda message, _urn: found.append(message))
    return found


def target(resource_id: str = "endpoint/e/variant/main", maximum: float = 4.0, **more: Any) -> Resource:
    return SCALING_TARGET, {
        "serviceNamespace": "sagemaker", "resourceId": resource_id, "minCapacity": 1.0, "maxCapacity": maximum, **more,
    }  # fmt: skip


@pytest.mark.parametrize("policy", COST_POLICIES, ids=lambda policy: policy.name)
def test_a_cost_over_the_limit_names_sum_limit_dearest_and_remedy(policy: StackValidationPolicy) -> None:
    (message,) = said(TWO_G5, node_group(["c5.xlarge"], 0, 0, 1), policy=policy)

    assert message == (
        "$2,181.78 a month at maximum is over $2,000.00; the dearest is r0, variant `main`: 2 x ml.g5.xlarge, $2,055.68; "
        "rent fewer or smaller machines, or raise `usd_per_month`"
    )


def test_a_cost_at_the_limit_passes_and_a_cent_over_it_does_not() -> None:
    assert said(TWO_G5, config={"usd_per_month": 2055.68}) == []
    assert len(said(TWO_G5, config={"usd_per_month": 2055.67})) == 1


@pytest.mark.parametrize("policy", COST_POLICIES, ids=lambda policy: policy.name)
def test_without_a_limit_nothing_is_judged(policy: StackValidationPolicy) -> None:
    assert said(node_group(["g9.huge"], 9, 9, 9), config={}, policy=policy) == []


@pytest.mark.parametrize(("at", "refused"), [("minimum", False), ("expected", False), ("maximum", True)])
def test_the_number_of_machines_that_is_judged_is_configured(at: str, *, refused: bool) -> None:
    group = node_group(["g5.xlarge"], 0, 1, 4)

    assert bool(said(group, config={**BUDGET, "at": at})) is refused


def test_a_scaling_target_raises_the_maximum_of_its_variant() -> None:
    assert said(ONE_G5) == []
    assert "1 to 4 x ml.g5.xlarge" in said(ONE_G5, target())[0]
    assert said(ONE_G5, target("endpoint/e/variant/other")) == []
    assert said(ONE_G5, target("service/cluster/main", serviceNamespace="ecs")) == []


def test_of_several_targets_of_a_name_the_widest_counts() -> None:
    assert "1 to 9 x" in said(ONE_G5, target(maximum=2), target("endpoint/f/variant/main", maximum=9))[0]


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (endpoint_configuration(variant(UNKNOWN_STRING_VALUE)), "can't be known during preview"),
        (node_group(["c5.xlarge"], 1, 1, UNKNOWN_NUMBER_VALUE), "can't be known during preview"),  # type: ignore[arg-type]
        (target(UNKNOWN_STRING_VALUE), "can't be known during preview"),
        (node_pool(UNKNOWN_STRING_VALUE), "can't be known during preview"),
        (node_group(["g9.huge"], 1, 1, 1), "g9.huge is not in the shipped catalog"),
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig=None), "its properties are not those of its type"),
        (endpoint_configuration(variant("ml.g5.xlarge"), region="mars-1"), "it is priced in us-east-1"),
    ],
)
def test_a_cost_that_cannot_be_known_is_refused(resource: Resource, reason: str) -> None:
    (message,) = said(resource, config={"usd_per_month": 1e9})

    assert reason in message
    assert "so the budget of $1,000,000,000.00 a month cannot be checked; make it known, or add its price to" in message


def test_what_no_cost_depends_on_may_be_unknown() -> None:
    group = node_group(
        ["c5.xlarge"],
        1,
        1,
        1,
        nodeRoleArn=UNKNOWN_STRING_VALUE,
        subnetIds=[UNKNOWN_STRING_VALUE],
        arn=UNKNOWN_STRING_VALUE,
    )
    pool = node_pool("e2-standard-2", config={"serviceAccount": UNKNOWN_STRING_VALUE}, cluster=UNKNOWN_STRING_VALUE)
    named = endpoint_configuration({**variant("ml.m5.xlarge"), "modelName": UNKNOWN_STRING_VALUE})

    assert said(group, pool, named) == []


def test_a_resource_without_a_region_takes_the_configured_one() -> None:
    token, props = node_group(["c5.xlarge"], 1, 1, 1)
    del props["region"]

    assert said((token, props), config={**BUDGET, "region": "us-east-1"}) == []
    assert "the cost is unknown" in said((token, props))[0]


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"usd_per_month": 0}, "usd_per_month"),
        ({"usd_per_month": "many"}, "usd_per_month"),
        ({**BUDGET, "at": "most"}, "at"),
    ],
)
def test_a_wrong_configuration_is_a_violation_that_names_the_field(config: dict[str, Any], path: str) -> None:
    (message,) = said(config=config)

    assert f"the policy configuration is wrong at `{path}`" in message


def test_a_damaged_price_file_of_the_project_is_a_violation(project: Path) -> None:
    (project / "prices.csv").write_text("provider\n")

    assert "cells are separated by commas" in said(ONE_G5)[0]


def test_prices_of_the_project_win_over_the_shipped_ones(project: Path) -> None:
    rows = read_catalog(None, date(2026, 11, 24)).rows
    dear = [
        row.model_copy(update={"price": row.price.model_copy(update={"usd_per_hour": 1.3})})
        for row in rows
        if row.key == (Service.EC2, "us-east-1", "c5.xlarge")
    ]
    (project / "prices.csv").write_bytes(render(dear))

    (message,) = said(node_group(["c5.xlarge"], 1, 1, 3))

    assert message.startswith("$2,853.00 a month at maximum is over $2,000.00")
