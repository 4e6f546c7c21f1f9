"""The shipped stacks promote one model from `dev` over `staging` to `prod`, beside each other on one machine."""

from pathlib import Path

import pytest

from stacks.policy_config import configured_policies
from stacks.project import Project
from stacks.promotion.compatibility import refuse_incompatible
from stacks.spec import ServingSpec
from stacks.stack_file import read_spec
from stacks.stack_lock import lock_path

PROJECT = Project(Path(__file__).parents[2])
STACKS = ("local", "dev", "staging", "prod")
PROMOTIONS = (("dev", "staging"), ("staging", "prod"))


def spec(stack: str) -> ServingSpec:
    return read_spec(PROJECT.root, stack)


def test_every_stack_of_the_repository_is_listed_here() -> None:
    assert {path.name for path in (PROJECT.root / "stacks").glob("Pulumi.*.yaml")} == {
        f"Pulumi.{stack}.yaml" for stack in STACKS
    }


@pytest.mark.parametrize(("source", "target"), PROMOTIONS)
def test_what_one_stack_runs_is_what_the_next_one_asks_for(source: str, target: str) -> None:
    refuse_incompatible(source, spec(source), target, spec(target))


def test_each_stack_has_a_port_of_its_own_and_the_promoted_ones_a_lock_of_their_own() -> None:
    assert [spec(stack).endpoint.port for stack in STACKS] == [3000, 3001, 3002, 3003]
    assert [lock_path(spec(stack), PROJECT, stack).name for stack in STACKS] == [
        "artifacts.lock.json", "artifacts.lock.json", "artifacts.staging.lock.json", "artifacts.prod.lock.json",
    ]  # fmt: skip


def test_no_stage_is_laxer_than_the_one_before_it() -> None:
    contexts = [spec(stack).serving_context for stack in STACKS]
    slas = [context.latency_sla_ms for context in contexts]

    assert slas == sorted(slas, reverse=True)


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != "local"])
def test_every_stage_has_a_limit_of_cost(stack: str) -> None:
    assert configured_policies(PROJECT, stack)["cost-budget"]["usd_per_month"] > 0


@pytest.mark.parametrize("stack", STACKS)
def test_an_editor_finds_the_schema_and_the_engine_adds_nothing(stack: str) -> None:
    lines = (PROJECT.root / f"stacks/Pulumi.{stack}.yaml").read_text().splitlines()

    assert lines[0] == "# yaml-language-server: $schema=../docs/stack.schema.json"
    # Without a salt the first run of `pulumi` writes one into the committed file.
    assert lines[-1].startswith("encryptionsalt: v1:")
