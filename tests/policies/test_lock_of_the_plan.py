"""`artifact-integrity` judges a plan against the lock that the plan was made from."""

from pathlib import Path

import pytest

from components.endpoint_plan import EndpointPlan
from optimizers import lock
from optimizers.lock import LOCK_NAME, PROPOSED_VARIABLE, Lock
from policies.artifact_integrity import check
from policies.endpoint_policy import violations
from policies.measured_elsewhere import check as check_hardware

PROMOTED = "artifacts.prod.lock.json"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, locked: Lock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which `prod` was promoted to, and something else was built since."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / PROMOTED, locked)
    model = locked.models["minilm"]
    newer = model.model_copy(update={"artifacts": (model.artifacts[0].model_copy(update={"sha256": "f" * 64}),)})
    lock.write(tmp_path / LOCK_NAME, locked.with_model("minilm", newer))
    monkeypatch.chdir(tmp_path / "policies")
    return tmp_path


@pytest.fixture
def promoted(plan: EndpointPlan) -> EndpointPlan:
    return plan.model_copy(update={"lock": PROMOTED})


def test_a_promoted_artifact_is_compared_with_the_lock_of_its_stack(plan: EndpointPlan, promoted: EndpointPlan) -> None:
    assert check(promoted) == []
    (message,) = check(plan)
    assert message.endswith("is not the locked ffffffffffff; run `serving optimize` and commit the lock")


def test_a_plan_of_other_measurements_than_the_locked_ones_is_refused(
    promoted: EndpointPlan, locked: Lock, project: Path
) -> None:
    model = locked.models["minilm"]
    reports = {key: report.model_copy(update={"threads": 1}) for key, report in model.reports.items()}
    lock.write(project / PROMOTED, locked.with_model("minilm", model.model_copy(update={"reports": reports})))

    (message,) = check(promoted)

    assert message.startswith(f"the plan was made when {PROMOTED} held {promoted.locked_sha256[:12]} of `minilm`, not ")


def test_what_was_never_promoted_is_refused(promoted: EndpointPlan, project: Path) -> None:
    (project / PROMOTED).unlink()

    message, *_ = check(promoted)

    assert message == f"`minilm` is not in {PROMOTED}; run `serving promote` and commit the lock"


def test_the_locks_that_a_promotion_proposes_are_judged_instead(
    promoted: EndpointPlan, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    proposed = tmp_path_factory.mktemp("proposed")
    monkeypatch.setenv(PROPOSED_VARIABLE, str(proposed))
    assert check(promoted)

    (project / PROMOTED).rename(proposed / PROMOTED)

    assert check(promoted) == []


def test_other_hardware_says_how_its_measurement_gets_into_a_promoted_lock(promoted: EndpointPlan) -> None:
    elsewhere = promoted.hardware.model_copy(update={"target": "0" * 12})

    (message,) = check_hardware(promoted.model_copy(update={"hardware": elsewhere}))

    assert (
        "run `serving optimize` on the machine that serves, for the stack that builds, and promote its lock" in message
    )


@pytest.mark.parametrize("name", ["../artifacts.lock.json", "/artifacts.lock.json", "..", ""])
def test_a_plan_cannot_name_a_lock_outside_of_the_project(name: str, plan: EndpointPlan) -> None:
    (message,) = violations({"plan": {**plan.recorded(), "lock": name}}, check)

    assert "not readable at `lock`" in message
