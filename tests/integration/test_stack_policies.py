"""The real engine and the real policy pack on a stack that is written by hand, without any component of ours."""

import json
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import SMALL
from tests.support.checkout import SERVING, TIMEOUT_S, Checkout, Finished, make_checkout
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, variant
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
PREVIEW = (
    'eval "$("{serving}" engine --export)"; pulumi stack select --create local >/dev/null 2>&1; '
    "pulumi preview --policy-pack policies --policy-pack-config stacks/policies.local.json --color never"
)


@pytest.fixture(scope="module")
def provider() -> Generator[str]:
    with clouds() as addresses:
        yield addresses


def previewed(folder: Path, addresses: str, config: dict[str, Any], *resources: Resource) -> Finished:
    """Preview a program that makes these resources, with these limits."""
    checkout: Checkout = make_checkout(folder, SMALL)
    (folder / "stacks/__main__.py").write_text(PROGRAM)
    (folder / "stacks/resources.json").write_text(json.dumps(resources))
    (folder / "stacks/policies.local.json").write_text(json.dumps(config))
    result = subprocess.run(
        ["bash", "-euc", PREVIEW.format(serving=SERVING)], cwd=folder, stdin=subprocess.DEVNULL,
        env={**checkout.environment, "PULUMI_DEBUG_PROVIDERS": addresses},
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    return Finished(code=result.returncode, out=result.stdout, err=result.stderr)


TWO_G5 = endpoint_configuration(variant("ml.g5.xlarge", 2))


def test_a_stack_within_its_budget_passes(tmp_path: Path, provider: str) -> None:
    result = previewed(tmp_path, provider, {"cost-budget": {"usd_per_month": 3000}}, TWO_G5)

    assert result.code == 0, result.out + result.err
    assert "cost-budget" not in result.out


def test_a_stack_over_its_budget_is_refused_before_anything_exists(tmp_path: Path, provider: str) -> None:
    group = node_group(["c5.xlarge"], 0, 0, 1)

    result = previewed(tmp_path, provider, {"cost-budget": {"usd_per_month": 2000}}, TWO_G5, group)

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "$2,181.78 a month at maximum is over $2,000.00" in result.out


def test_a_warning_tells_and_lets_pass(tmp_path: Path, provider: str) -> None:
    result = previewed(tmp_path, provider, {"cost-warning": {"usd_per_month": 2000}}, TWO_G5)

    assert result.code == 0, result.out + result.err
    assert "[advisory]" in result.out
    assert "$2,055.68 a month at maximum is over $2,000.00" in result.out


def test_a_price_that_nobody_knows_is_refused(tmp_path: Path, provider: str) -> None:
    result = previewed(tmp_path, provider, {"cost-budget": {"usd_per_month": 1e9}}, node_group(["g9.huge"], 1, 1, 1))

    assert result.code != 0
    assert "g9.huge is not in the shipped catalog" in result.out


def test_a_value_that_is_not_known_at_preview_is_refused(tmp_path: Path, provider: str) -> None:
    group = node_group(["c5.xlarge"], 1, 1, 1, region="first")

    result = previewed(tmp_path, provider, {"cost-budget": {"usd_per_month": 1e9}}, group)

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "r0: NodeGroup: the value of `region` can't be known during preview" in result.out


def test_a_limit_that_is_no_number_is_refused(tmp_path: Path, provider: str) -> None:
    result = previewed(tmp_path, provider, {"cost-budget": {"usd_per_month": "many"}}, TWO_G5)

    assert result.code != 0
    assert "usd_per_month" in result.out + result.err


def test_an_autoscaler_that_the_program_fights_is_refused(tmp_path: Path, provider: str) -> None:
    deployment = ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "web"}, "spec": {"replicas": 2}})
    reference = {"kind": "Deployment", "name": "web"}
    autoscaler = (
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": {"name": "web"}, "spec": {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 4}},
    )

    result = previewed(tmp_path, provider, {}, deployment, autoscaler)

    assert result.code != 0
    assert "[mandatory]" in result.out
    assert "r0: sets `spec.replicas`, which the autoscaler `r1` owns" in result.out


def test_prices_that_are_too_old_warn(tmp_path: Path, provider: str) -> None:
    result = previewed(tmp_path, provider, {"price-freshness": {"oldest_days": 0}}, TWO_G5)

    assert result.code == 0, result.out + result.err
    assert "[advisory]" in result.out
    assert "days old, over the limit of 0" in result.out
