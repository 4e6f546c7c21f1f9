"""What the policies over cold starts, replicas, hardware and accelerators say, and when they keep silent."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from components.endpoint_plan import EndpointPlan
from optimizers.vocabulary import Accelerator
from policies import accelerator_fit, artifact_hardware_match, cold_start_budget, min_replicas_for_sla
from policies.accelerator_fit import FitHeadroom, WarningHeadroom
from policies.cold_start_budget import ColdStartLimit
from policies.min_replicas_for_sla import ScaleToZero
from tests.support.valid_plan import valid_gpu_plan, valid_plan


def changed(plan: EndpointPlan, path: str, value: Any) -> EndpointPlan:
    recorded = plan.recorded()
    *parents, last = path.split(".")
    part = recorded
    for parent in parents:
        part = part[parent]
    part[last] = value
    return EndpointPlan.model_validate(recorded)


def test_a_cold_start_over_its_budget_names_the_longest_part_and_what_shortens_it() -> None:
    plan = changed(valid_plan(), "cold_start.model_load_s.value", 40)

    (said,) = cold_start_budget.check(plan, ColdStartLimit(seconds=30))

    assert said == (
        "a cold start of 44 s is over 30 s; the longest part is `model_load_s` with 40 s (measured); "
        "use a smaller artifact, or raise `seconds` to 44"
    )


def test_an_unknown_part_of_a_cold_start_refuses_however_generous_the_limit_is() -> None:
    plan = changed(valid_plan(), "cold_start.image_s.value", None)

    (said,) = cold_start_budget.check(plan, ColdStartLimit(seconds=1e9))

    assert "`image_s` is unknown (measured)" in said
    assert cold_start_budget.check(plan, ColdStartLimit()) == []


def scaled(minimum: int, maximum: int = 4, needed: float | None = 1, **more: Any) -> EndpointPlan:
    plan = changed(
        valid_plan(), "scaling", {"min_replicas": minimum, "max_replicas": maximum, "target_utilization": 0.7}
    )
    plan = changed(plan, "lowest_min_replicas", {"value": needed, "basis": "at 60 s the load is 20 requests/s"})
    for path, value in more.items():
        plan = changed(plan, path.replace("__", "."), value)
    return plan


def test_fewer_replicas_than_the_traffic_needs_are_refused_with_the_reason() -> None:
    (said,) = min_replicas_for_sla.check(scaled(2, needed=3), ScaleToZero())

    assert said == (
        "min_replicas 2 is under the 3 that keep the SLA of 100 ms while others start: at 60 s the load is 20 requests/s; "
        "raise `min_replicas` to 3"
    )
    assert min_replicas_for_sla.check(scaled(3, needed=3), ScaleToZero()) == []


def test_scale_to_zero_is_refused_unless_the_cold_start_fits_or_it_is_waived() -> None:
    (said,) = min_replicas_for_sla.check(scaled(0), ScaleToZero())
    assert "min_replicas 0 lets the first caller wait 5 s, over the SLA of 100 ms" in said
    assert "`allow_scale_to_zero`" in said

    assert min_replicas_for_sla.check(scaled(0, latency_sla_ms=5000), ScaleToZero()) == []
    assert min_replicas_for_sla.check(scaled(0), ScaleToZero(allow_scale_to_zero=True)) == []


def test_a_waiver_for_the_first_caller_is_none_for_the_ramp() -> None:
    (said,) = min_replicas_for_sla.check(scaled(0, needed=3), ScaleToZero(allow_scale_to_zero=True))

    assert "raise `min_replicas` to 3" in said


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (scaled(0, cold_start__image_s={"value": None, "basis": "no image"}), "of unknown length: `image_s` is unknown (no image)"),
        (scaled(1, needed=None), "how many replicas must always run is unknown"),
        (scaled(5), "min_replicas 5 is over max_replicas 4"),
    ],
)  # fmt: skip
def test_what_is_not_known_or_makes_no_sense_is_refused(plan: EndpointPlan, sentence: str) -> None:
    (said,) = min_replicas_for_sla.check(plan, ScaleToZero())

    assert sentence in said


def test_where_nothing_scales_nobody_is_late() -> None:
    assert min_replicas_for_sla.check(scaled(1, maximum=1, needed=3), ScaleToZero()) == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("hardware.accelerator", "cpu", "`openvino-fp32` is built for `gpu` and `cpu` will serve"),
        ("hardware.architecture", "aarch64", "needs x86_64 and aarch64 will serve"),
        ("hardware.cpu_features", ["asimd"], "needs avx2 or avx512f (because), and the processor that will serve has asimd"),
        ("hardware.cpu_features", [], "will serve has none of these"),
        ("hardware.gpu.architecture", "sm_80", "an engine for GPU architecture sm_89, and sm_80 will serve: it does not load there"),
        ("hardware.gpu.runtime_version", None, "an engine for runtime version 10.13, and unknown will serve"),
        ("hardware.gpu", None, "the hardware that will serve has none"),
    ],
)  # fmt: skip
def test_hardware_that_an_artifact_does_not_run_on_is_named(path: str, value: Any, sentence: str) -> None:
    (said,) = artifact_hardware_match.check(changed(valid_gpu_plan(), path, value))

    assert sentence in said
    assert "; run `serving optimize` on the machine that serves" in said


def test_where_it_was_measured_says_nothing_of_what_it_runs_on() -> None:
    assert artifact_hardware_match.check(changed(valid_gpu_plan(), "hardware.target", "0" * 12)) == []


def test_this_checkouts_first_stack_still_refuses_an_artifact_that_cannot_run() -> None:
    """A preview on a machine that measured nothing passes there; a deployment that cannot work does not."""
    relaxed = json.loads((Path(__file__).parents[2] / "stacks/policies.local.json").read_text())

    assert relaxed == {"measured-elsewhere": {"enforcementLevel": "advisory"}}


def test_an_artifact_that_needs_nothing_special_runs_anywhere() -> None:
    plan = changed(changed(valid_plan(), "artifact.needs.architecture", None), "artifact.needs.cpu_features", [])

    assert artifact_hardware_match.check(changed(plan, "hardware.architecture", "riscv64")) == []


def test_a_model_that_does_not_fit_says_how_many_sequences_would() -> None:
    (said,) = accelerator_fit.check(changed(valid_gpu_plan(), "accelerator.kv_cache.sequences", 16), FitHeadroom())

    assert said == (
        "one l4 needs 24.00 GiB of 22.2222 GiB, of which 10% must stay free (20.00 GiB usable); lower the 16 sequences of "
        "8192 tokens to 8, or use more than 2 of them, larger ones, or a smaller precision"
    )


def test_weights_that_alone_do_not_fit_ask_for_more_memory_only() -> None:
    (said,) = accelerator_fit.check(changed(valid_gpu_plan(), "accelerator.weights_gib.value", 400), FitHeadroom())

    assert "sequences" not in said
    assert said.endswith("; use more than 2 of them, larger ones, or a smaller precision")


def test_a_gpu_whose_memory_is_not_planned_is_refused_and_a_cpu_is_not() -> None:
    plan = valid_gpu_plan().model_copy(update={"accelerator": None})
    assert "`gpu` serves and its memory is not planned" in accelerator_fit.check(plan, FitHeadroom())[0]

    on_cpu = plan.model_copy(update={"hardware": plan.hardware.model_copy(update={"accelerator": Accelerator.CPU})})
    assert accelerator_fit.check(on_cpu, FitHeadroom()) == []


def test_the_warning_leaves_its_own_share_free() -> None:
    assert accelerator_fit.check(valid_gpu_plan(), WarningHeadroom()) == []
    assert accelerator_fit.check(valid_gpu_plan(), WarningHeadroom(headroom=0.1)) == []
    assert len(accelerator_fit.check(valid_gpu_plan(), WarningHeadroom(headroom=0.2))) == 1


@pytest.mark.parametrize("configuration", [{"headroom": 1}, {"headroom": -0.1}, {"hedroom": 0.1}])
def test_a_configuration_that_makes_no_sense_is_refused(configuration: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        FitHeadroom.model_validate(configuration)
