"""The real engine and the real policy pack on a stack that is written by hand, without any component of ours."""

from collections.abc import Generator

import pytest

from tests.integration.conftest import SMALL
from tests.support.checkout import make_checkout
from tests.support.plain_preview import PlainStack, make_plain_stack
from tests.support.raw_resources import endpoint_configuration, node_group, variant
from tests.support.recording_provider import clouds

pytestmark = pytest.mark.integration

# The id of a resource that does not exist yet is not known at preview.
PROGRAM = """
import json
from pathlib import Path

import pulumi

first = pulumi.CustomResource("aws:index/first:First", "first", {})
for number, (token, props) in enumerate(json.loads(Path(__file__).with_name("resources.json").read_text())):
    pulumi.CustomResource(token, f"r{number}", {**props, "region": first.id} if props.get("region") == "first" else props)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[PlainStack]:
    """One for all previews: none leaves anything behind."""
    with clouds() as addresses:
        yield make_plain_stack(make_checkout(tmp_path_factory.mktemp("stack"), SMALL), PROGRAM, addresses)


TWO_G5 = endpoint_configuration(variant("ml.g5.xlarge", 2))


def test_a_stack_within_its_budget_passes(stack: PlainStack) -> None:
    result = stack.preview({"cost-budget": {"usd_per_month": 3000}}, resources=[TWO_G5])

    assert result.code == 0, result.out + result.err
    assert "cost-budget" not in result.out


def test_a_stack_over_its_budget_is_refused_before_anything_exists(stack: PlainStack) -> None:
    group = node_group(["c5.xlarge"], 0, 0, 1)

    result = stack.preview({"cost-budget": {"usd_per_month": 2000}}, resources=[TWO_G5, group])

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "$2,181.78 a month at maximum is over $2,000.00" in result.out


def test_a_warning_tells_and_lets_pass(stack: PlainStack) -> None:
    result = stack.preview({"cost-warning": {"usd_per_month": 2000}}, resources=[TWO_G5])

    assert result.code == 0, result.out + result.err
    assert "[advisory]" in result.out
    assert "$2,055.68 a month at maximum is over $2,000.00" in result.out


def test_a_price_that_nobody_knows_is_refused(stack: PlainStack) -> None:
    result = stack.preview({"cost-budget": {"usd_per_month": 1e9}}, resources=[node_group(["g9.huge"], 1, 1, 1)])

    assert result.code != 0
    assert "g9.huge is not in the shipped catalog" in result.out


def test_a_value_that_is_not_known_at_preview_is_refused(stack: PlainStack) -> None:
    group = node_group(["c5.xlarge"], 1, 1, 1, region="first")

    result = stack.preview({"cost-budget": {"usd_per_month": 1e9}}, resources=[group])

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "r0: NodeGroup: the value of `region` can't be known during preview" in result.out


def test_a_limit_that_is_no_number_is_refused(stack: PlainStack) -> None:
    result = stack.preview({"cost-budget": {"usd_per_month": "many"}}, resources=[TWO_G5])

    assert result.code != 0
    assert "usd_per_month" in result.out + result.err


def test_an_autoscaler_that_the_program_fights_is_refused(stack: PlainStack) -> None:
    deployment = ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "web"}, "spec": {"replicas": 2}})
    reference = {"kind": "Deployment", "name": "web"}
    autoscaler = (
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": {"name": "web"}, "spec": {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 4}},
    )

    result = stack.preview({}, resources=[deployment, autoscaler])

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "r0: sets `spec.replicas`, which the autoscaler `r1` owns" in result.out


def test_prices_that_are_too_old_warn(stack: PlainStack) -> None:
    result = stack.preview({"price-freshness": {"oldest_days": 0}}, resources=[TWO_G5])

    assert result.code == 0, result.out + result.err
    assert "[advisory]" in result.out
    assert "days old, over the limit of 0" in result.out
