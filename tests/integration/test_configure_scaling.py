"""`configure_scaling` on the real engine and the real policy pack, with a model that was really measured."""

import json
from typing import Any

import pytest

from stacks.cli.preview import OFFLINE
from stacks.review.review import Review
from tests.support.checkout import Checkout

pytestmark = pytest.mark.integration

FLEET: dict[str, Any] = {
    "task_type": "configure_scaling",
    "serving_context": {
        "model_format": "onnx",
        "latency_sla_ms": 1000,
        "throughput_rps": 10,
        "deployment_target": "kubernetes",
    },
    "traffic": {"kind": "daily", "lowest_rps": 1, "highest_rps": 10},
}


def fleet(checkout: Checkout, **changes: Any) -> None:
    checkout.spec(**FLEET)
    checkout.spec(**changes)


def test_a_fleet_is_planned_recorded_and_gone_again(small: Checkout) -> None:
    fleet(small)
    # The lock was made for the rate of another spec; nothing that it was built for has changed.
    planned = small.serving("plan", "--json")
    assert planned.code == 0, planned.err
    document = planned.document
    assert set(document) == {"method", "scaling_policy", "resource_limits", "cost_estimate", "choices"}
    assert set(document["scaling_policy"]) == {"min_replicas", "max_replicas", "target_utilization"}
    assert document["cost_estimate"]["usd_per_month"]["maximum"] > 0

    first = small.serving("up", "--json")
    assert first.code == 0, first.err
    assert first.document["changes"] == {"create": 1}
    verdicts = {found["policy"]: found["verdict"] for found in first.document["policies"]}
    assert (verdicts["latency-budget"], verdicts["autoscaling-sanity"]) == ("not applicable", "passed")
    assert verdicts["fleet-integrity"] == "passed"
    assert small.serving("outputs", "--json").document == {
        key: document[key] for key in ("scaling_policy", "resource_limits", "cost_estimate")
    }

    again = small.serving("preview", "--json")
    assert again.code == 0, again.err
    assert again.document["changes"] == {"same": 1}

    small.spec(scaling={"min_replicas": 7})
    changed = small.serving("preview", "--json")
    assert changed.code == 0, changed.err
    assert changed.document["changes"] == {"update": 1}
    assert changed.document["scaling_policy"]["min_replicas"] == 7

    reviewed = small.serving("preview", "--offline", "--markdown", "review.md", "--json", "review.json")
    assert reviewed.code == 0, reviewed.err
    assert OFFLINE in reviewed.err.splitlines()
    review = Review.model_validate_json((small.root / "review.json").read_bytes())
    (row,) = review.endpoints
    assert (row.name, row.operation, row.planned) == ("small", "update", True)
    assert row.before is not None
    assert row.after is not None
    assert (row.after.target, row.after.platform) == ("kubernetes", "ScalingConfiguration")
    assert row.before.instances
    assert row.after.instances
    assert (row.before.replicas, row.after.replicas) == ("1", "7")
    assert (row.after.p99_ms, row.after.latency_sla_ms) == (
        review.plan and review.plan["chosen"]["p99_ms"]["value"], 1000,
    )  # fmt: skip
    assert row.after.usd_per_month is not None
    assert OFFLINE in review.assumptions
    assert "ScalingConfiguration on kubernetes" in (small.root / "review.md").read_text()

    down = small.serving("down", "--json")
    assert down.code == 0, down.err
    assert small.serving("outputs", "--json").document == {}


def test_the_recorded_machines_are_held_against_the_cost_budget(small: Checkout) -> None:
    fleet(small)
    limits = small.root / "stacks/policies.local.json"
    limits.write_text(json.dumps({"cost-budget": {"usd_per_month": 1, "region": "us-east-1"}}))

    refused = small.serving("preview")

    assert refused.code == 3, refused.err
    assert "a month at maximum is over $1.00; the dearest is small: " in refused.err


def test_the_recorded_traffic_is_what_a_budget_of_requests_is_held_against(small: Checkout) -> None:
    fleet(small)
    limits = small.root / "stacks/policies.local.json"
    limits.write_text(json.dumps({"cost-budget": {"usd_per_1000_requests": 1e-9}}))
    refused = small.serving("preview")
    assert refused.code == 3, refused.err
    assert "for 1,000 requests at maximum is over $1e-09" in refused.err


def test_an_endpoint_registers_the_traffic_that_a_budget_of_requests_is_held_against(small: Checkout) -> None:
    limits = small.root / "stacks/policies.local.json"
    limits.write_text(json.dumps({"cost-budget": {"usd_per_1000_requests": 0.01}}))
    unknown = small.serving("preview")
    assert unknown.code == 3, unknown.err
    assert "how much traffic the stack has is unknown" in unknown.err

    # It rents nothing, so its requests cost nothing once it is known how many there are.
    small.spec(traffic={"kind": "constant", "rate_rps": 2})
    known = small.serving("preview")
    assert known.code == 0, known.err


def test_a_fleet_is_compared_with_an_exported_state(small: Checkout) -> None:
    fleet(small)
    state = small.root / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": []}}))

    result = small.serving("preview", "--offline", "--state", str(state), "--json")
    assert result.code == 0, result.err
    assert result.document["changed"] == {"small": "create"}

    refused = small.serving("preview", "--offline", "--state", str(small.root / "none.json"))
    assert refused.code == 2
    assert "--state" in refused.err


def test_a_goal_that_no_machine_reaches_says_what_it_would_take(small: Checkout) -> None:
    fleet(small, budget={"usd_per_month": 1})

    for command in ("plan", "preview", "up"):
        result = small.serving(command)
        assert result.code == 4, result.err
        assert "over the budget of $1.00; it takes a `usd_per_month` of " in result.err


def test_the_plan_is_a_table_with_the_reasons_and_the_other_targets(small: Checkout) -> None:
    fleet(small)

    result = small.serving("plan")

    assert result.code == 0, result.err
    assert "cheapest" in result.out
    assert "next best" in result.out
    assert "Why not the others" in result.out
    assert "The same model on other targets, predicted from measurements on other hardware" in result.out


def test_a_deployment_on_this_machine_is_compared_with_the_other_targets(small: Checkout) -> None:
    result = small.serving("plan")

    assert result.code == 0, result.err
    assert "The same model on other targets" in result.out
    assert "SageMaker" in result.out


def test_optimize_measures_what_a_fleet_is_planned_for(small: Checkout) -> None:
    fleet(small)
    (small.root / "artifacts.lock.json").unlink()

    refused = small.serving("plan")
    assert refused.code == 5
    assert "`small` is not in artifacts.lock.json; run `serving optimize`" in refused.err
    built = small.serving("optimize", "--json")
    assert built.code == 0, built.err
    assert small.serving("plan").code == 0


def test_a_lock_of_a_newer_version_is_refused(small: Checkout) -> None:
    fleet(small)
    path = small.root / "artifacts.lock.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "version": 99}))

    result = small.serving("plan")

    assert result.code == 5
    assert "version" in result.err
