"""What runs is promoted only where it was planned from the very lock that goes on."""

from typing import Any

import pytest

from components.embedded.plan import EmbeddedRequest, plan_endpoint
from components.endpoint_plan import EndpointPlan
from optimizers.goal import Goal
from optimizers.lock import LockedModel
from optimizers.vocabulary import Accelerator
from stacks.promotion.lock_difference import lock_differences
from tests.support.locked_model import hardware, locked_model, measurement, report


@pytest.fixture
def running() -> EndpointPlan:
    return planned(latency_sla_ms=1000, throughput_rps=2)


def planned(latency_sla_ms: int, throughput_rps: int, model: LockedModel | None = None) -> EndpointPlan:
    goal = Goal(latency_sla_ms=latency_sla_ms, throughput_rps=throughput_rps)
    model = model or locked_model(report(measurement(5, 9)))
    return plan_endpoint(EmbeddedRequest(name="m", goal=goal), model, hardware())


def test_another_sla_rate_and_lock_name_are_no_difference(running: EndpointPlan) -> None:
    other = planned(latency_sla_ms=50, throughput_rps=9).model_copy(update={"lock": "artifacts.prod.lock.json"})

    assert other != running
    assert lock_differences(running, other) == ()


@pytest.mark.parametrize(
    ("part", "update", "said"),
    [
        ("artifact", {"sha256": "f" * 64}, f"artifact.sha256: {'a' * 64} runs, {'f' * 64} is locked"),
        ("artifact", {"name": "onnx"}, "artifact.name: openvino-fp32 runs, onnx is locked"),
        ("artifact", {"model_sha256": "e" * 64}, f"artifact.model_sha256: {'b' * 64} runs, {'e' * 64} is locked"),
        ("measured", {"p99_ms": 9.5}, "measured.p99_ms: 9 runs, 9.5 is locked"),
        ("parity", {"value": 0.99999}, "parity.value: 0.9999 runs, 0.99999 is locked"),
    ],
)
def test_each_value_of_the_lock_is_compared(
    part: str, update: dict[str, Any], said: str, running: EndpointPlan
) -> None:
    changed = getattr(running, part).model_copy(update=update)

    assert lock_differences(running, running.model_copy(update={part: changed})) == (said,)


def test_parity_on_one_side_only_is_a_difference(running: EndpointPlan) -> None:
    (said,) = lock_differences(running.model_copy(update={"parity": None}), running)

    assert said.startswith('parity: none runs, {"metric": "cosine", ')


def test_a_value_is_told_with_its_place_and_not_as_python_writes_it(running: EndpointPlan) -> None:
    update = {"accelerator": Accelerator.GPU, "cpu_features": ("avx2", "avx512f")}
    needs = running.artifact.needs.model_copy(update=update)
    artifact = running.artifact.model_copy(update={"needs": needs})

    assert lock_differences(running, running.model_copy(update={"artifact": artifact})) == (
        "artifact.needs.accelerator: cpu runs, gpu is locked",
        'artifact.needs.cpu_features: [] runs, ["avx2", "avx512f"] is locked',
    )


def test_a_measurement_of_another_machine_is_a_difference(running: EndpointPlan) -> None:
    elsewhere = running.hardware.model_copy(update={"measured_on": "0" * 12})

    (said,) = lock_differences(running, running.model_copy(update={"hardware": elsewhere}))

    assert said.endswith("000000000000 is locked")


@pytest.mark.parametrize(
    "model",
    [
        locked_model(report(measurement(5, 9).model_copy(update={"samples": 999}))),
        locked_model(report(measurement(5, 9)), report(measurement(5, 9), on=hardware(cpu_cores=8))),
    ],
    ids=["a part of a measurement that no plan repeats", "the report of another machine"],
)
def test_anything_else_of_the_lock_is_a_difference(model: LockedModel, running: EndpointPlan) -> None:
    (said,) = lock_differences(running, planned(1000, 2, model))

    assert said.startswith("other measurements, or those of other machines")
    assert said.endswith(f"{running.locked_sha256[:12]} runs, {model.sha256[:12]} is locked")
