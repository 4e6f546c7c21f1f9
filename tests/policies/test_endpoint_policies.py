from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_OBJECT_VALUE, unknown_checking_proxy

from components.endpoint_plan import EndpointPlan
from components.tokens import EMBEDDED_ENDPOINT
from optimizers import lock
from optimizers.lock import LOCK_NAME, Lock
from policies.artifact_integrity import artifact_integrity, check_against
from policies.latency_budget import latency_budget, latency_warning
from policies.measured_elsewhere import measured_elsewhere
from policies.pack import ENDPOINT_POLICIES, POLICIES
from policies.throughput_budget import throughput_budget, throughput_warning
from tests.support.policy_limits import LIMITS
from tests.support.scored import ACCURACY

Recorded = dict[str, Any]
FAILED = {"metric": "cosine", "value": 0.5, "threshold": 0.999, "samples": 8, "passed": False}
KEPT = ACCURACY.model_dump(mode="json")
LOST = {**KEPT, "value": 0.9, "passed": False}


def reported(
    policy: ResourceValidationPolicy,
    props: Recorded,
    token: str = EMBEDDED_ENDPOINT,
    config: dict[str, Any] | None = None,
) -> list[str]:
    """Run a policy as the engine does, with props that raise on unknown values; its limits are those that the plan keeps."""
    found: list[str] = []
    limits = LIMITS.get(policy.name, {}) if config is None else config
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn", "minilm", None, None, limits)  # type: ignore[arg-type]
    policy.validate(args, lambda message, _urn: found.append(message))
    return found


@pytest.fixture(autouse=True)
def project(tmp_path: Path, locked: Lock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose policy pack is started in its own folder, as the engine does."""
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, locked)
    monkeypatch.chdir(tmp_path / "policies")
    return tmp_path


def changed(plan: EndpointPlan, path: str, value: Any) -> Recorded:
    recorded = plan.recorded()
    *parents, last = path.split(".")
    part = recorded
    for parent in parents:
        part = part[parent]
    part[last] = value
    return {"plan": recorded}


@pytest.mark.parametrize("policy", ENDPOINT_POLICIES, ids=lambda policy: policy.name)
def test_a_policy_refuses_unless_it_is_a_warning_and_accepts_a_plan_at_its_limits(
    policy: ResourceValidationPolicy, plan: EndpointPlan
) -> None:
    warns = policy.name.endswith("-warning")
    assert policy.enforcement_level is (EnforcementLevel.ADVISORY if warns else EnforcementLevel.MANDATORY)
    assert reported(policy, {"plan": plan.recorded()}) == []


@pytest.mark.parametrize("policy", ENDPOINT_POLICIES, ids=lambda policy: policy.name)
def test_a_policy_ignores_other_resources(policy: ResourceValidationPolicy) -> None:
    assert reported(policy, {}, token="aws:s3/bucket:Bucket") == []


@pytest.mark.parametrize("policy", ENDPOINT_POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize(
    ("props", "said"),
    [
        ({}, "no plan is recorded"),
        ({"plan": UNKNOWN_OBJECT_VALUE}, "can't be known during preview"),
        ({"plan": {"version": 1}}, "not readable"),
        ({"plan": []}, "not readable"),
        ({"plan": None}, "not readable"),
    ],
)
def test_a_policy_fails_closed_on_a_plan_that_it_cannot_read(
    policy: ResourceValidationPolicy, props: Recorded, said: str
) -> None:
    (message,) = reported(policy, props)

    assert said in message


@pytest.mark.parametrize("policy", ENDPOINT_POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize(
    "path", ["predicted.p99_ms.value", "predicted.capacity_rps.value", "artifact.sha256", "parity"]
)
def test_a_policy_fails_closed_on_one_unknown_value(
    policy: ResourceValidationPolicy, path: str, plan: EndpointPlan
) -> None:
    (message,) = reported(policy, changed(plan, path, UNKNOWN_NUMBER_VALUE))

    assert "can't be known during preview" in message


@pytest.mark.parametrize(
    ("policy", "path", "value", "said"),
    [
        (latency_budget, "predicted.p99_high_ms.value", 100.1, "p99 90 ms, up to 100.1, is over the SLA of 100 ms at 10 requests/s; raise `latency_sla_ms` to 101"),
        (latency_budget, "predicted.p99_ms.value", None, "no limit at 10 requests/s"),
        (latency_budget, "predicted.p99_high_ms.value", None, "no limit at 10 requests/s"),
        (throughput_budget, "predicted.capacity_rps.value", 9.9, "9.9 requests/s is under the 10 requests/s asked for; lower `throughput_rps` to 9"),
        (throughput_budget, "predicted.capacity_rps.value", None, "the capacity is unknown"),
        (artifact_integrity, "name", "other", "`other` is not in artifacts.lock.json"),
        (artifact_integrity, "artifact.name", "other", "artifact `other` is not in"),
        (artifact_integrity, "artifact.sha256", "f" * 64, "artifact digest ffffffffffff is not the locked"),
        (artifact_integrity, "parity", None, "no parity is recorded"),
        (artifact_integrity, "parity", FAILED, "parity cosine 0.5 misses the threshold 0.999"),
        (artifact_integrity, "accuracy", LOST, "accuracy 0.9 is under the limit 0.94; the original has 0.95; choose another artifact"),
        (artifact_integrity, "accuracy", KEPT, "accuracy 0.945 (original 0.95, limit 0.94) is not what artifacts.lock.json records"),
        (artifact_integrity, "parity.passed", False, "not readable at `parity`: value error, passed is false, and cosine 0.9999"),
        (artifact_integrity, "parity.value", 1.0, "is not what artifacts.lock.json records"),
        (artifact_integrity, "measured.p99_ms", 0, "artifacts.lock.json: measured.p99_ms 0 is not the 77 that was measured; let `serving up`"),
        (artifact_integrity, "predicted.p99_ms.value", 0.01, "a p99 of 0.01 ms is under that of the model alone, measured as 77 ms at the least"),
        (artifact_integrity, "predicted.p99_high_ms.value", 80, "a p99 of 90 ms is over its upper end, 80 ms"),
        (artifact_integrity, "predicted.p99_ms.value", None, "a p99 of unknown ms, at the most 100, is none that `simulation` gives"),
        (artifact_integrity, "predicted.capacity_rps.value", 1e9, "capacity_rps 1000000000 is not the 12.5 of calls"),
        (artifact_integrity, "predicted.utilization.value", 3, "utilization 3 is not the 0.8 of calls"),
        (artifact_integrity, "predicted.method", "saturated", "method `saturated` is not the one at 80% of the capacity"),
        (artifact_integrity, "concurrent_calls.value", 2, "concurrent_calls 2 is not the 1 that answered most"),
        (artifact_integrity, "traffic.peak_rps", 1e6, "a peak of 1e+06 and a throughput_rps of 10 contradict each other"),
        (measured_elsewhere, "hardware.target", "0" * 12, "measured on other hardware"),
        (measured_elsewhere, "hardware.measured_on", "0" * 12, "measured on other hardware"),
    ],
)  # fmt: skip
def test_one_broken_field_is_reported_with_value_limit_and_remedy(
    policy: ResourceValidationPolicy, path: str, value: Any, said: str, plan: EndpointPlan
) -> None:
    messages = reported(policy, changed(plan, path, value))

    assert any(said in message for message in messages)
    assert all("; " in message for message in messages)


@pytest.mark.parametrize(
    ("policy", "path", "limits", "said"),
    [
        (
            latency_warning, "latency_sla_ms", (125, 124),
            "is over 99.2 ms, which leaves 20% of the SLA of 124 ms at 10 requests/s; raise `latency_sla_ms` to 126",
        ),
        (
            throughput_warning, "throughput_rps", (10, 11),
            "of which 20% must stay free (10 usable), is under the 11 requests/s asked for; lower `throughput_rps` to 10",
        ),
    ],
)  # fmt: skip
def test_a_warning_keeps_a_share_free_and_judges_nothing_without_one(
    policy: ResourceValidationPolicy, path: str, limits: tuple[int, int], said: str, plan: EndpointPlan
) -> None:
    kept, broken = limits
    (message,) = reported(policy, changed(plan, path, broken), config={"headroom": 0.2})

    assert said in message
    assert reported(policy, changed(plan, path, kept), config={"headroom": 0.2}) == []
    assert reported(policy, changed(plan, path, broken), config={}) == []
    assert "`headroom`" in reported(policy, changed(plan, path, kept), config={"headroom": 1})[0]


@pytest.mark.parametrize(
    ("policy", "path"),
    [(latency_budget, "predicted.p99_ms.value"), (throughput_budget, "predicted.capacity_rps.value")],
)
@pytest.mark.parametrize("unknown", [False, True])
def test_a_violation_says_in_one_line_what_the_prediction_rests_on(
    policy: ResourceValidationPolicy, path: str, plan: EndpointPlan, *, unknown: bool
) -> None:
    value = None if unknown else 1000 if policy is latency_budget else 1
    how = "by simulation, " if policy is latency_budget else ""
    basis = f"predicted {how}with batches of up to 1 and 1 thread, measured"
    (here,) = reported(policy, changed(plan, path, value))
    other = plan.model_copy(update={"hardware": plan.hardware.model_copy(update={"target": "0" * 12})})
    (elsewhere,) = reported(policy, changed(other, path, value))

    assert f"{basis} here on 2026-11-23" in here
    assert f"{basis} on other hardware (Test CPU, 2 cores), taken for as fast here (x1), on 2026-11-23" in elsewhere
    assert "\n" not in here + elsewhere


def test_a_missing_or_broken_lock_is_a_violation(plan: EndpointPlan, project: Path) -> None:
    (project / LOCK_NAME).write_text("{")
    assert "not a readable lock" in reported(artifact_integrity, {"plan": plan.recorded()})[0]

    (project / LOCK_NAME).unlink()
    assert "is not in artifacts.lock.json" in reported(artifact_integrity, {"plan": plan.recorded()})[0]


@pytest.mark.parametrize(
    ("part", "update", "said"),
    [
        ("artifacts", {"sha256": "f" * 64}, "is not that of its files in artifacts.lock.json"),
        ("artifacts", {"files": ()}, "is not that of its files in artifacts.lock.json"),
        ("candidates", {"artifact_sha256": "f" * 64}, "parity was measured on artifact ffffffffffff, another one"),
        ("candidates", {"parity": None}, "is not what artifacts.lock.json records"),
    ],
)
def test_a_lock_that_was_edited_by_hand_is_refused(
    part: str, update: dict[str, Any], said: str, plan: EndpointPlan, locked: Lock
) -> None:
    model = locked.models["minilm"]
    if part == "artifacts":
        edited = model.model_copy(update={"artifacts": (model.artifacts[0].model_copy(update=update),)})
        digest = edited.artifacts[0].sha256
        plan = plan.model_copy(update={"artifact": plan.artifact.model_copy(update={"sha256": digest})})
    else:
        (fingerprint, report), *_ = model.reports.items()
        candidates = (report.candidates[0].model_copy(update=update),)
        edited = model.model_copy(
            update={"reports": {fingerprint: report.model_copy(update={"candidates": candidates})}}
        )

    assert any(said in message for message in check_against(plan, locked.with_model("minilm", edited)))


def test_integrity_compares_with_the_lock_and_not_with_itself(plan: EndpointPlan, locked: Lock) -> None:
    model = locked.models["minilm"]
    emptied = locked.with_model("minilm", model.model_copy(update={"artifacts": ()}))

    assert check_against(plan, locked) == []
    assert check_against(plan, emptied) != []


def test_every_policy_has_a_distinct_name_and_a_rule_as_description() -> None:
    names = [policy.name for policy in POLICIES]

    assert len(set(names)) == len(names)
    assert all(policy.description.endswith(".") for policy in POLICIES)


@pytest.mark.parametrize(
    ("policy", "path", "broken"),
    [
        (latency_budget, "predicted.p99_ms.value", 101),
        (latency_budget, "predicted.p99_ms.value", None),
        (throughput_budget, "predicted.capacity_rps.value", 9),
    ],
)
def test_a_budget_broken_by_a_disturbed_measurement_says_to_measure_again(
    policy: ResourceValidationPolicy, path: str, broken: float | None, plan: EndpointPlan
) -> None:
    for busy, said in ((0.43, True), (0.02, False), (None, False)):
        measured = plan.measured.model_copy(update={"other_cpu_share": busy})

        (message,) = reported(policy, changed(plan.model_copy(update={"measured": measured}), path, broken))

        assert ("43% busy with other work" in message and "`serving optimize --force`" in message) is said
