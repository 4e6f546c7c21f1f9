"""What a state costs, and how it reaches the policy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from optimizers.errors import InvalidArgs
from stacks.project import Project
from stacks.running_cost import judged_configuration, running_resources
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, variant

LIMIT = {"cost-increase": {"usd_per_month": 50}}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "stacks").mkdir()
    return Project(tmp_path)


def state(*resources: Resource, **more: Any) -> dict[str, Any]:
    """An exported state, with what the engine writes beside each resource."""
    return {
        "resources": [
            {"urn": f"urn:pulumi:local::p::{token}::r{number}", "type": token, "custom": True, "inputs": props,
             "outputs": props, **more}
            for number, (token, props) in enumerate(resources)
        ]
    }  # fmt: skip


def judged(
    project: Project, config: Mapping[str, Any], runs: Mapping[str, Any] | None, said: list[str] | None = None
) -> dict[str, Any]:
    path = project.policy_config_path("local")
    path.write_text(json.dumps(config))
    with judged_configuration(project, "local", lambda: runs, (said if said is not None else []).append) as judged_by:
        assert judged_by is not None
        content: dict[str, Any] = json.loads(judged_by.read_text())
        assert judged_by != path
    assert not judged_by.exists()
    assert json.loads(path.read_text()) == config
    return content


def test_what_runs_is_priced_and_the_user_s_file_stays(project: Project) -> None:
    content = judged(project, {**LIMIT, "cost-budget": {"usd_per_month": 9}}, state(node_group(["c5.xlarge"], 1, 1, 2)))

    # 2 x ($0.17 x 730 h + 20 GB x $0.10).
    assert content == {
        "cost-increase": {"usd_per_month": 50, "usd_per_month_now": 252.2}, "cost-budget": {"usd_per_month": 9},
    }  # fmt: skip


def test_it_is_priced_at_the_same_number_of_machines(project: Project) -> None:
    config = {"cost-increase-warning": {"percent": 5, "at": "minimum"}}

    content = judged(project, config, state(node_group(["c5.xlarge"], 1, 1, 2)))

    assert content["cost-increase-warning"]["usd_per_month_now"] == 126.1


@pytest.mark.parametrize("runs", [None, {}, {"resources": None}, state(), state(("aws:s3/bucket:Bucket", {}))])
def test_an_empty_state_costs_nothing_and_that_is_known(project: Project, runs: Mapping[str, Any] | None) -> None:
    assert judged(project, LIMIT, runs)["cost-increase"]["usd_per_month_now"] == 0


def test_a_state_without_a_price_is_unknown_and_says_why(project: Project) -> None:
    content = judged(project, LIMIT, state(node_group(["g9.huge"], 1, 1, 1)))["cost-increase"]

    assert "usd_per_month_now" not in content
    assert content["unknown_now"].startswith("r0: 1 x g9.huge: ec2 us-east-1 g9.huge is not in")


def test_a_damaged_price_file_makes_it_unknown(project: Project) -> None:
    (project.root / "prices.csv").write_text("provider\n")

    assert "cells are separated by commas" in judged(project, LIMIT, state())["cost-increase"]["unknown_now"]


def test_a_count_that_is_a_secret_is_unknown(project: Project) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    runs = state(node_group(["c5.xlarge"], 1, 1, secret))  # type: ignore[arg-type]

    assert "its properties are not those of its type" in judged(project, LIMIT, runs)["cost-increase"]["unknown_now"]


@pytest.mark.parametrize(("written", "remarks"), [(9000, 1), (0, 1), (252.2, 0)])
def test_a_sum_that_is_written_does_not_beat_the_state(project: Project, written: float, remarks: int) -> None:
    config = {"cost-increase": {"usd_per_month": 50, "usd_per_month_now": written}}
    said = list[str]()

    content = judged(project, config, state(node_group(["c5.xlarge"], 1, 1, 2)), said)

    assert content["cost-increase"] == {"usd_per_month": 50, "usd_per_month_now": 252.2}
    assert len(said) == remarks
    for line in said:
        assert line == (
            f"cost-increase: `usd_per_month_now` in stacks/policies.local.json does not count, ${written:,.2f}: "
            "what the state holds costs $252.20; remove it from the file"
        )


def test_a_sum_that_is_written_does_not_stand_for_a_state_without_a_price(project: Project) -> None:
    config = {"cost-increase": {"usd_per_month": 50, "usd_per_month_now": 9000}}
    said = list[str]()

    content = judged(project, config, state(node_group(["g9.huge"], 1, 1, 1)), said)["cost-increase"]

    assert "usd_per_month_now" not in content
    assert "g9.huge" in content["unknown_now"]
    assert "does not count, $9,000.00: what the state holds costs an unknown sum (r0: 1 x g9.huge" in said[0]


@pytest.mark.parametrize("runs", [None, {}, {"resources": None}, state()])
def test_a_sum_that_is_written_counts_where_the_state_holds_nothing(
    project: Project, runs: Mapping[str, Any] | None
) -> None:
    config = {"cost-increase": {"usd_per_month": 50, "usd_per_month_now": 9000}}
    said = list[str]()

    assert judged(project, config, runs, said)["cost-increase"] == config["cost-increase"]
    assert said == [
        "cost-increase: `usd_per_month_now` in stacks/policies.local.json counts, $9,000.00: the state holds nothing"
    ]


def test_what_waits_to_be_deleted_is_left_out() -> None:
    assert running_resources(state(node_group(["c5.xlarge"], 1, 1, 1), delete=True)) == ()


def test_what_the_program_only_reads_is_paid_for_elsewhere(project: Project) -> None:
    runs = state(node_group(["p5.48xlarge"], 1, 1, 1), external=True)
    runs["resources"] += state(node_group(["c5.xlarge"], 1, 1, 2))["resources"]

    assert judged(project, LIMIT, runs)["cost-increase"]["usd_per_month_now"] == 252.2


def test_what_the_program_leaves_out_counts_as_its_provider_tells_and_what_it_writes_as_written() -> None:
    runs = state(endpoint_configuration(variant("ml.g5.xlarge")))
    (recorded,) = runs["resources"]
    told = {**recorded["inputs"], "region": "us-west-2", "productionVariants": []}
    written = {key: value for key, value in recorded["inputs"].items() if key != "region"}
    recorded.update(inputs=written, outputs=told)

    (resource,) = running_resources(runs)

    assert (resource.name, resource.props) == ("r0", {**written, "region": "us-west-2"})


def unread() -> Mapping[str, Any]:
    raise AssertionError("the state was read")


@pytest.mark.parametrize(
    "config", [{}, {"cost-budget": {"usd_per_month": 9}}, {"cost-increase": {"usd_per_month_now": 7}}]
)
def test_the_state_is_read_only_where_it_is_needed(project: Project, config: dict[str, Any]) -> None:
    path = project.policy_config_path("local")
    path.write_text(json.dumps(config))

    with judged_configuration(project, "local", unread, print) as judged_by:
        assert judged_by == path


def test_without_a_file_there_is_none(project: Project) -> None:
    with judged_configuration(project, "local", unread, print) as judged_by:
        assert judged_by is None


def test_refuses_a_file_that_breaks_the_schema(project: Project) -> None:
    project.policy_config_path("local").write_text('{"cost-increase": {"percent": "many"}}')

    with (
        pytest.raises(InvalidArgs, match=r"cost-increase\.percent"),
        judged_configuration(project, "local", unread, print),
    ):
        pass
