"""A stack's cost against its budget, resources by hand; each way of not knowing a cost refuses."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import StackValidationPolicy
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.autoscaling.bounds import SCALING_TARGET
from components.capacity.declared import UNDECLARED
from components.capacity.traffic import ConstantTraffic
from components.catalog.catalog import Catalog
from components.catalog.prices_file import read_catalog, render
from components.catalog.services import Service
from components.choice.choose import choose
from components.tokens import EMBEDDED_ENDPOINT, SCALING_CONFIGURATION
from optimizers.vocabulary import DeploymentTarget
from policies import cost_settings
from policies.cost_budget import cost_budget
from policies.pack import COST_POLICIES
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked
from tests.support.policy_runs import violations
from tests.support.raw_resources import (
    Resource,
    deployment,
    endpoint_configuration,
    node_group,
    node_pool,
    serverless,
    variant,
    vertex_pool,
)

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
    return violations(policy, BUDGET if config is None else config, *resources)


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
    assert said(ONE_G5, target("service/cluster/main", serviceNamespace="ecs")) == []


@pytest.mark.parametrize("named", [{"variantName": "other"}, {}, {"variantName": None}])
def test_a_scaling_target_of_no_variant_that_is_named_so_is_refused(named: dict[str, Any]) -> None:
    unnamed = {"instanceType": "ml.g5.xlarge", "initialInstanceCount": 1, **named}

    (message,) = said(endpoint_configuration(unnamed), target(maximum=100.0))

    assert message.startswith("r1: Target: ")
    assert (
        "it scales up to 100 of the variant `main`, and no variant with instances is named so in this stack" in message
    )
    assert 'write `variantName: "main"` in the endpoint configuration that it scales' in message


def test_of_several_targets_of_a_name_the_widest_counts() -> None:
    assert "1 to 9 x" in said(ONE_G5, target(maximum=2), target("endpoint/f/variant/main", maximum=9))[0]


def test_a_type_that_is_rented_and_not_priced_is_refused() -> None:
    (message,) = said(("aws-native:eks:Nodegroup", {}), config={"usd_per_month": 1e9})

    assert message == (
        "r0: Nodegroup: EC2 machines, billed by time and not priced by this version; the cost is unknown, so the budget "
        "of $1,000,000,000.00 a month cannot be checked; rent it by a type that is priced, or declare it in a stack without "
        "this limit"
    )


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (endpoint_configuration(variant(UNKNOWN_STRING_VALUE)), "can't be known during preview"),
        (node_group(["c5.xlarge"], 1, 1, UNKNOWN_NUMBER_VALUE), "can't be known during preview"),  # type: ignore[arg-type]
        (target(UNKNOWN_STRING_VALUE), "can't be known during preview"),
        (node_pool(UNKNOWN_STRING_VALUE), "can't be known during preview"),
        (node_group(["g9.huge"], 1, 1, 1), "g9.huge is not in the shipped catalog"),
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig={"desiredSize": 1}), "(`scalingConfig.minSize` is missing)"),
        (
            node_group(["c5.xlarge"], -1, -1, -1),
            "(`minimum`, `expected`, `maximum`: got `-1`; input should be greater than or equal to 0)",
        ),
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig=None), "its properties are not those of its type"),
        (endpoint_configuration(variant("ml.g5.xlarge"), region="mars-1"), "it is priced in us-east-1"),
    ],
)
def test_a_cost_that_cannot_be_known_is_refused(resource: Resource, reason: str) -> None:
    (message,) = said(resource, config={"usd_per_month": 1e9})

    assert reason in message
    assert "so the budget of $1,000,000,000.00 a month cannot be checked; make it known, or " in message
    assert "Error" not in message
    assert "pydantic" not in message


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


def test_pods_without_a_pool_are_refused_until_somebody_says_who_pays() -> None:
    (message,) = said(deployment("1", "1Gi", 2))

    assert message.startswith("r0: 2 x pod: no node pool of this stack runs it")
    assert "set `machines_paid_elsewhere`" in message
    assert said(deployment("1", "1Gi", 2), config={**BUDGET, "machines_paid_elsewhere": True}) == []


def test_a_refusal_tells_how_much_of_a_pool_stands_idle() -> None:
    (message,) = said(node_group(["c5.xlarge"], 1, 2, 40), deployment("1400m", "1Gi", 2))

    assert "r0: idle 65% = $161.33 a month (asked for 2.8 of 8 vCPU)" in message


def test_machines_of_vertex_ai_without_a_price_are_refused() -> None:
    assert "vertex-ai-prediction us-central1 n1-standard-4 is not in" in said(vertex_pool("n1-standard-4", 1, 2))[0]


def test_serverless_is_refused_until_its_use_is_written() -> None:
    variant_of_2_gb = serverless(2048, 4)

    assert "set `requests_per_month` and `seconds_per_request`" in said(variant_of_2_gb)[0]
    usage = {"requests_per_month": 1e6, "seconds_per_request": 0.25}
    # 4 at once, all month: 21,024,000 GB-seconds.
    assert said(variant_of_2_gb, config={"usd_per_month": 420.48, **usage}) == []
    assert (
        "$420.48 a month at maximum is over $420.47"
        in said(variant_of_2_gb, config={"usd_per_month": 420.47, **usage})[0]
    )
    assert said(variant_of_2_gb, config={"usd_per_month": 10, "at": "expected", **usage}) == []


# $2,055.68 over 10 million requests: $0.2056 for 1,000.
PER_REQUEST = {"usd_per_1000_requests": 0.2, "requests_per_month": 1e7}


@pytest.mark.parametrize("policy", COST_POLICIES, ids=lambda policy: policy.name)
def test_a_request_that_costs_too_much_is_told(policy: StackValidationPolicy) -> None:
    assert said(TWO_G5, config=PER_REQUEST, policy=policy) == [
        (
            "$0.2056 for 1,000 requests at maximum is over $0.2; rent fewer or smaller machines, "
            "or raise `usd_per_1000_requests`"
        )
    ]
    assert said(TWO_G5, config={**PER_REQUEST, "usd_per_1000_requests": 0.2056}, policy=policy) == []


def test_a_limit_of_a_request_is_judged_before_anything_is_rounded() -> None:
    # $1,027.84 over 6.9 thousand million requests: $0.000149 for 1,000.
    limit = {"usd_per_1000_requests": 0.0001, "requests_per_month": 1027.84 / 0.000149 * 1000}

    (message,) = said(ONE_G5, config=limit)

    assert message.startswith("$0.00015 for 1,000 requests at maximum is over $0.0001;")
    assert said(ONE_G5, config={**limit, "usd_per_1000_requests": 0.00015}) == []


def test_tokens_are_judged_like_requests() -> None:
    limit = {"usd_per_million_tokens": 2.0, "requests_per_month": 1e6}

    assert "set `tokens_per_request`" in said(TWO_G5, config=limit)[0]
    assert said(TWO_G5, config={**limit, "tokens_per_request": 1500}) == []
    assert "$2.0557 for 1,000,000 tokens" in said(TWO_G5, config={**limit, "tokens_per_request": 1000})[0]


def test_a_rate_that_nobody_declared_is_refused_with_what_to_write() -> None:
    (message,) = said(TWO_G5, config={"usd_per_1000_requests": 0.2})

    assert message == (
        "how much traffic the stack has is unknown, so the budget of $0.2 for 1,000 requests cannot be checked; "
        "set `requests_per_month`, or the endpoint's `traffic` in the spec"
    )


def endpoint(**traffic: Any) -> Resource:
    return EMBEDDED_ENDPOINT, {"plan": {"traffic": {"kind": "constant", "peak_rps": 9.0, "mean_rps": 4.0, **traffic}}}


def test_the_rate_is_that_of_the_recorded_plans_where_traffic_is_declared() -> None:
    # Two endpoints of 4 requests/s: 21,024,000 a month, $0.0978 for 1,000.
    endpoints = [endpoint(basis="`traffic` of the spec")] * 2
    limit = {"usd_per_1000_requests": 0.09}

    assert "$0.0978 for 1,000 requests" in said(TWO_G5, *endpoints, config=limit)[0]
    assert (
        "$0.0489 for"
        in said(TWO_G5, *endpoints, config={"usd_per_1000_requests": 0.01, "requests_per_month": 42048000})[0]
    )


def test_the_rate_of_a_fleet_is_that_of_its_recorded_plan() -> None:
    # 100 requests/s all month: 262,800,000 of them.
    request = asked(DeploymentTarget.KUBERNETES, rate_rps=100, traffic=ConstantTraffic(rate_rps=100))
    plan = choose(request, LOCKED, MACHINE, SHIPPED).plan
    assert plan.chosen.usd_per_month is not None
    usd = plan.chosen.usd_per_month.maximum / 262_800
    fleet: Resource = (SCALING_CONFIGURATION, {"plan": plan.recorded()})

    assert said(fleet, config={"usd_per_1000_requests": 1.01 * usd}) == []
    (message,) = said(fleet, config={"usd_per_1000_requests": 0.5 * usd})
    assert f"${usd:.4f} for 1,000 requests at maximum is over" in message


@pytest.mark.parametrize(
    "broken",
    [
        endpoint(basis=UNDECLARED),
        endpoint(basis="b", mean_rps=UNKNOWN_NUMBER_VALUE),
        (EMBEDDED_ENDPOINT, {"plan": UNKNOWN_STRING_VALUE}),
        (EMBEDDED_ENDPOINT, {}),
    ],
)
def test_a_peak_or_an_unreadable_plan_is_no_mean_rate(broken: Resource) -> None:
    good = endpoint(basis="`traffic` of the spec")

    assert (
        "how much traffic the stack has is unknown"
        in said(TWO_G5, good, broken, config={"usd_per_1000_requests": 9})[0]
    )


def test_prices_are_read_once_and_only_where_a_limit_is_set(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    read = list[Path | None]()

    def counted(folder: Path | None, today: date) -> Catalog:
        read.append(folder)
        return read_catalog(folder, today)

    monkeypatch.setattr(cost_settings, "read_catalog", counted)

    said(TWO_G5, config={})
    assert read == []
    for policy in COST_POLICIES:
        said(TWO_G5, policy=policy)
    assert read == [project]
