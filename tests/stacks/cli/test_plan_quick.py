"""`serving plan --quick` chooses machines by formula alone, says so, and is no way to record a plan."""

import pytest

from stacks.cli.scaling import BY_FORMULA
from tests.support.checkout import Checkout

FLEET = {
    "task_type": "configure_scaling",
    "serving_context": {"latency_sla_ms": 500, "throughput_rps": 200, "deployment_target": "kubernetes"},
    "traffic": {"kind": "daily", "lowest_rps": 10, "highest_rps": 200},
}


@pytest.fixture
def fleet(optimized: Checkout) -> Checkout:
    """A stack that chooses machines for a model that was measured."""
    optimized.spec(**FLEET)
    return optimized


def test_a_quick_plan_simulates_nothing_and_says_so_first(fleet: Checkout) -> None:
    quick, usual = fleet.serving("plan", "--quick"), fleet.serving("plan")

    assert (quick.code, usual.code) == (0, 0), quick.err + usual.err
    assert " ".join(quick.out.split()).startswith(BY_FORMULA)
    assert "simulation of" not in quick.out
    assert BY_FORMULA not in " ".join(usual.out.split())


def test_json_holds_the_method_of_the_plan(fleet: Checkout) -> None:
    quick, usual = fleet.serving("plan", "--quick", "--json").document, fleet.serving("plan", "--json").document

    assert (quick["method"], usual["method"]) == ("closed_form", "simulation")
    assert set(quick) == set(usual) == {"method", "scaling_policy", "resource_limits", "cost_estimate", "choices"}


def test_a_quick_plan_that_finds_nothing_says_that_it_was_quick(fleet: Checkout) -> None:
    fleet.spec(budget={"usd_per_month": 1})

    refused = fleet.serving("plan", "--quick")

    assert refused.code == 4
    assert "over the budget of $1.00" in refused.err
    assert BY_FORMULA in " ".join(refused.err.split())


def test_a_task_that_chooses_no_machines_has_no_quick_plan(optimized: Checkout) -> None:
    refused = optimized.serving("plan", "--quick")

    assert refused.code == 2
    assert "--quick: got `task_type: deploy_model`; it is for `configure_scaling`" in " ".join(refused.err.split())
    assert "leave `--quick` out" in refused.err
