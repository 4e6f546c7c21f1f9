"""What the resources of both sides cost, and which resource each line belongs to."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from components.catalog.prices_file import read_catalog
from components.catalog.services import Service
from components.catalog.unit_price import Item
from policies.cost_settings import CostSettings, judged_cost
from stacks.engine.marks import UNKNOWN
from stacks.engine.resource_change import ResourceChange
from stacks.review.endpoints import endpoint_reviews
from stacks.review.pricing import configured_settings, priced_after, priced_before
from stacks.running_cost import running_resources
from tests.support.raw_resources import (
    ENDPOINT_CONFIGURATION,
    NODE_GROUP,
    NODE_POOL,
    endpoint_configuration,
    node_group,
    node_pool,
    variant,
)
from tests.support.reviews import TODAY, change, usd

CATALOG = read_catalog(None, TODAY)
G5 = endpoint_configuration(variant("ml.g5.xlarge"))[1]
GROUP = node_group(["c5.xlarge"], 1, 1, 2)[1]
POOL = node_pool("e2-standard-4", autoscaling={"minNodeCount": 1, "maxNodeCount": 5})[1]
NONE = CostSettings()


def test_each_side_is_priced_by_its_own_inputs() -> None:
    two = endpoint_configuration(variant("ml.g5.xlarge", 2))[1]
    item = change("config", before=G5, after=two)

    before, after = priced_before([item], CATALOG, NONE), priced_after([item], CATALOG, NONE)

    assert before.usd_per_month is not None
    assert after.usd_per_month is not None
    # 1.408 $/h for one, 730 hours.
    assert (before.usd_per_month.expected, after.usd_per_month.expected) == (1027.84, 2055.68)
    assert before.dates
    assert priced_before([change("new", after=G5)], CATALOG, NONE).lines == ()


def test_what_a_cloud_scaled_itself_is_priced_as_it_runs_like_the_increase_s_policy_does() -> None:
    runs = {
        **POOL,
        "nodeCount": 2,
        "autoscaling": {**POOL["autoscaling"], "totalMinNodeCount": 0, "totalMaxNodeCount": 0},
    }
    urn = f"urn:pulumi:dev::model-serving::{NODE_POOL}::workers"
    item = ResourceChange(urn, "", NODE_POOL, "same", POOL, POOL, outputs_before=runs, outputs_after=runs)
    state = {"resources": [{"urn": urn, "type": NODE_POOL, "inputs": POOL, "outputs": runs}]}

    before, after = priced_before([item], CATALOG, NONE), priced_after([item], CATALOG, NONE)

    assert before.usd_per_month == judged_cost(running_resources(state), CATALOG, NONE).cost.total
    assert before.usd_per_month is not None
    # 2 x ($0.134023 x 730 h + 100 GB x $0.10), and 5 at the most.
    assert (before.usd_per_month.expected, before.usd_per_month.maximum) == (215.67, 539.18)
    assert after == before


def test_what_a_provider_will_fill_in_is_no_unknown_cost() -> None:
    told = {**POOL, "nodeCount": UNKNOWN, "initialNodeCount": UNKNOWN, "nodeLocations": UNKNOWN}
    urn = f"urn:pulumi:dev::model-serving::{NODE_POOL}::workers"
    item = ResourceChange(urn, "", NODE_POOL, "create", None, POOL, outputs_after=told)

    after = priced_after([item], CATALOG, NONE)

    assert after.usd_per_month is not None
    assert after.usd_per_month.maximum == 539.18


def test_the_days_are_those_of_every_price_that_the_bill_used() -> None:
    lazy = endpoint_configuration(
        {"variantName": "lazy", "serverlessConfig": {"memorySizeInMb": 3072, "maxConcurrency": 5}}
    )
    balancer = ("aws:lb/loadBalancer:LoadBalancer", {"region": "us-east-1"})
    of_units = {
        row.item: row.as_of for row in CATALOG.unit_prices if row.region == "us-east-1" and row.usd_per_unit is not None
    }  # fmt: skip
    (machine,) = (
        row.price.as_of for row in CATALOG.rows if row.key == (Service.EC2, "us-east-1", "c5.xlarge")
    )  # fmt: skip

    def days(kind: str, props: dict[str, Any]) -> set[date | None]:
        return set(priced_after([change("it", kind, after=props)], CATALOG, NONE).dates)

    assert days(NODE_GROUP, GROUP) == {machine, of_units[Item.EBS_GP2]}
    assert days(*lazy) == {of_units[Item.SERVERLESS]}
    assert days(*balancer) == {of_units[Item.APPLICATION_LOAD_BALANCER]}


def test_lines_belong_to_their_resource_where_names_are_alike() -> None:
    items = [
        change("a", ENDPOINT_CONFIGURATION, after=G5), change("a", NODE_GROUP, after=GROUP),
        change("ab", ENDPOINT_CONFIGURATION, after=G5), change("b", "aws:iam/role:Role", after={}),
    ]  # fmt: skip

    lines = priced_after(items, CATALOG, NONE).lines

    assert {line.urn for line in lines} == {item.urn for item in items[:3]}
    for line in lines:
        assert ("c5" in line.line.what or "ebs" in line.line.what) is (line.urn == items[1].urn)


def test_children_of_one_name_and_type_have_a_line_each_under_their_own_parent() -> None:
    first, second = (
        ResourceChange(
            f"urn:pulumi:dev::model-serving::my:i:{parent}${NODE_GROUP}::nodes",
            "",
            NODE_GROUP,
            operation,
            before,
            GROUP,
        )
        for parent, operation, before in (("A", "same", GROUP), ("B", "create", None))
    )

    before, after = (priced([first, second], CATALOG, NONE) for priced in (priced_before, priced_after))
    rows = {row.operation: row for row in endpoint_reviews([first, second], before, after)}

    assert before.urns == {first.urn}
    assert after.urns == {first.urn, second.urn}
    assert len({item.label for item in after.lines}) == 2
    assert (rows["same"].usd_per_month_change, rows["create"].usd_per_month_change) == (
        usd(0.0),
        usd(126.1, maximum=252.2),
    )


@pytest.mark.parametrize(
    ("change_of", "before_usd", "after_usd"),
    [
        ({"operation": "read", "read_before": True, "read_after": True}, 0.0, 0.0),
        ({"operation": "read", "read_after": True, "before": None}, 0.0, 0.0),
        ({"operation": "discard", "read_before": True, "after": None}, 0.0, 0.0),
        ({"operation": "replace", "read_before": True}, 0.0, 126.1),
        ({"operation": "replace", "read_after": True}, 126.1, 0.0),
        ({"operation": "same"}, 126.1, 126.1),
    ],
)
def test_what_the_program_only_reads_costs_this_stack_nothing(
    change_of: dict[str, Any], before_usd: float, after_usd: float
) -> None:
    item = replace(change("shared", NODE_GROUP, before=GROUP, after=GROUP), **change_of)

    before, after = priced_before([item], CATALOG, NONE), priced_after([item], CATALOG, NONE)

    assert before.usd_per_month is not None
    assert after.usd_per_month is not None
    assert (before.usd_per_month.expected, after.usd_per_month.expected) == (before_usd, after_usd)


def test_a_value_that_is_not_known_yet_makes_the_cost_unknown() -> None:
    item = change("workers", NODE_GROUP, after={**GROUP, "scalingConfig": UNKNOWN})

    priced = priced_after([item], CATALOG, NONE)

    assert priced.usd_per_month is None
    assert priced.urns == {item.urn}
    assert "scalingConfig" in priced.lines[0].line.basis


def test_a_resource_without_a_region_is_in_the_one_that_the_policies_name() -> None:
    props = {key: value for key, value in G5.items() if key != "region"}
    items = [change("config", after=props)]

    assert priced_after(items, CATALOG, NONE).usd_per_month is None
    assert priced_after(items, CATALOG, CostSettings(region="us-east-1")).usd_per_month is not None


@pytest.mark.parametrize(
    ("configured", "region"),
    [
        ({}, ""),
        ({"cost-budget": {"region": "us-east-1", "usd_per_month": 5, "enforcementLevel": "advisory"}}, "us-east-1"),
        ({"cost-warning": {"region": "us-west-2"}}, "us-west-2"),
        ({"cost-warning": {"region": "us-west-2"}, "cost-budget": {"region": "us-east-1"}}, "us-east-1"),
        ({"latency-budget": {"enforcementLevel": "advisory"}}, ""),
        (
            {
                "cost-budget": {"enforcementLevel": "mandatory"},
                "cost-increase": {"usd_per_month": 100, "region": "us-east-1"},
            },
            "us-east-1",
        ),
        ({"cost-budget": {"enforcementLevel": "mandatory"}, "cost-warning": {"region": "us-west-2"}}, "us-west-2"),
        # As the policy judges it: unknown without a region of its own.
        ({"cost-budget": {"usd_per_month": 5}, "cost-warning": {"region": "us-west-2"}}, ""),
        ({"cost-budget": {"region": "us-east-1", "enforcementLevel": "disabled"}}, ""),
        (
            {
                "cost-budget": {"region": "us-east-1", "enforcementLevel": "disabled"},
                "cost-warning": {"region": "us-west-2"},
            },
            "us-west-2",
        ),
    ],
)
def test_the_settings_are_those_of_the_stacks_policies(configured: dict[str, Any], region: str) -> None:
    assert configured_settings(configured).region == region
