"""The real engine and the real pack on endpoints whose recorded plan breaks one rule: refused at preview, with the reason."""

from collections.abc import Generator
from typing import Any

import pytest

from optimizers import lock
from optimizers.lock import LOCK_NAME
from tests.integration.conftest import SMALL
from tests.support.checkout import Finished, make_checkout
from tests.support.plain_preview import PlainStack, make_plain_stack
from tests.support.policy_fixtures import deployment, inference_component
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, variant
from tests.support.recording_provider import clouds
from tests.support.valid_plan import valid_gpu_plan, valid_lock, valid_plan

pytestmark = pytest.mark.integration

# `"unknown"` stands for an output of a resource that does not exist yet.
PROGRAM = """
import json
from pathlib import Path

import pulumi

from components.tokens import EMBEDDED_ENDPOINT

first = pulumi.CustomResource("aws:index/first:First", "first", {})


def filled(value):
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return first.id if value == "unknown" else value


declared = json.loads(Path(__file__).with_name("declared.json").read_text())
if declared["plan"]:
    pulumi.ComponentResource(EMBEDDED_ENDPOINT, declared["plan"]["name"], {"plan": filled(declared["plan"])})
for number, (token, props) in enumerate(declared["resources"]):
    pulumi.CustomResource(token, f"r{number}", filled(props))
"""
LIMITS = {"cold-start-budget": {"seconds": 5}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[PlainStack]:
    """One for all previews: none leaves anything behind."""
    checkout = make_checkout(tmp_path_factory.mktemp("stack"), SMALL)
    lock.write(checkout.root / LOCK_NAME, valid_lock())
    with clouds() as addresses:
        yield make_plain_stack(checkout, PROGRAM, addresses)


def previewed(stack: PlainStack, plan: dict[str, Any] | None, config: dict[str, Any], *resources: Resource) -> Finished:
    """Preview a program that records this plan and makes these resources, with these limits."""
    return stack.preview(config, declared={"plan": plan, "resources": resources})


def test_plans_and_resources_at_their_limits_pass(stack: PlainStack) -> None:
    nodes = node_group(["g5.xlarge"], 0, 0, 2)

    result = previewed(stack, valid_gpu_plan().recorded(), LIMITS, nodes, deployment())

    assert result.code == 0, result.out + result.err
    assert "[mandatory]" not in result.out


@pytest.mark.parametrize(
    ("policy", "path", "value", "reason"),
    [
        ("cold-start-budget", "cold_start.image_s.value", 90, "a cold start of 94 s is over 5 s"),
        ("min-replicas-for-sla", "scaling.min_replicas", 0, "min_replicas 0 lets the first caller wait 5 s, over the SLA"),
        ("accelerator-fit", "accelerator.kv_cache.sequences", 16, "one l4 needs 24.00 GiB of 22.2222 GiB"),
        ("artifact-hardware-match", "hardware.gpu.architecture", "sm_80", "an engine for GPU architecture sm_89, and sm_80"),
    ],
)  # fmt: skip
def test_a_plan_that_breaks_a_rule_is_refused_before_anything_exists(
    stack: PlainStack, policy: str, path: str, value: Any, reason: str
) -> None:
    plan = valid_gpu_plan().recorded()
    *parents, last = path.split(".")
    part = plan
    for parent in parents:
        part = part[parent]
    part[last] = value

    result = previewed(stack, plan, LIMITS)

    assert result.code != 0
    assert f"[mandatory]  {policy}" in result.out
    assert reason in result.out


def test_one_unknown_value_of_a_plan_is_refused_by_every_policy_that_judges(stack: PlainStack) -> None:
    plan = valid_plan().recorded()
    plan["cold_start"]["image_s"]["value"] = "unknown"

    result = previewed(stack, plan, LIMITS)

    assert result.code != 0
    for policy in ("cold-start-budget", "min-replicas-for-sla", "accelerator-fit", "artifact-hardware-match"):
        assert f"[mandatory]  {policy}" in result.out
    assert ".plan.cold_start.image_s.value can't be known during preview" in result.out
    assert "can't run policy" not in result.out


def test_a_warning_and_a_policy_made_advisory_tell_and_let_pass(stack: PlainStack) -> None:
    config = {
        "cold-start-warning": {"seconds": 1},
        "accelerator-warning": {"headroom": 0.2},
        "accelerator-supply": {"enforcementLevel": "advisory"},
    }

    result = previewed(stack, valid_gpu_plan().recorded(), config, node_group(["g5.xlarge"], 0, 0, 1), deployment(2))

    assert result.code == 0, result.out + result.err
    for policy in config:
        assert f"[advisory]  {policy}" in result.out


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ((node_group(["g5.xlarge"], 0, 0, 2), deployment(2)), "asks for 2 `nvidia.com/gpu` on one node, and the most that a node has is 1"),
        ((node_group(["unknown"], 0, 0, 2), deployment(2)), "can't be known during preview; accelerators cannot be checked"),
        ((deployment("unknown"),), "can't be known during preview; accelerators cannot be checked"),
        ((endpoint_configuration(variant("ml.m5.xlarge")), inference_component()), "an instance of ml.m5.xlarge has 0"),
    ],
)  # fmt: skip
def test_raw_resources_that_ask_for_what_no_node_has_are_refused(
    stack: PlainStack, resources: tuple[Resource, ...], reason: str
) -> None:
    result = previewed(stack, None, {}, *resources)

    assert result.code != 0
    assert "[mandatory]  accelerator-supply" in result.out
    assert reason in result.out


def test_a_limit_with_a_slip_in_its_name_is_refused_by_plain_pulumi_too(stack: PlainStack) -> None:
    result = previewed(stack, valid_plan().recorded(), {"cold-start-budget": {"second": 5}})

    assert result.code != 0
    assert "the policy configuration is wrong at `second`" in result.out
