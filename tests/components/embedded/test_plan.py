"""The plan of an embedded endpoint is a pure function of spec, lock and machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.embedded.plan import SERVER_OVERHEAD_MS, EmbeddedRequest, plan_endpoint
from components.endpoint_plan import EndpointPlan
from optimizers.errors import ArtifactError
from optimizers.goal import Goal
from tests.support.locked_model import CHOSEN, SHA256, hardware, locked_model, measurement, report

milliseconds = st.floats(min_value=0.01, max_value=500)
tails = st.floats(min_value=1, max_value=5)
growth = st.floats(min_value=1, max_value=8)
rates = st.integers(min_value=1, max_value=2000)
limits = st.integers(min_value=1, max_value=2000)
batch_sizes = st.integers(min_value=1, max_value=64)


def request(sla_ms: int = 100, rate_rps: int = 10, **fields: int) -> EmbeddedRequest:
    return EmbeddedRequest(name="minilm", goal=Goal(latency_sla_ms=sla_ms, throughput_rps=rate_rps), **fields)


def plan(sla_ms: int, rate_rps: int, p50_ms: float, tail: float, grown: float, largest: int) -> EndpointPlan:
    measured = report(
        measurement(p50_ms, p50_ms * tail), measurement(p50_ms * grown, p50_ms * grown * tail, batch_size=8)
    )
    return plan_endpoint(request(sla_ms, rate_rps, max_batch_size=largest), locked_model(measured), hardware())


@given(limits, rates, milliseconds, tails, growth, batch_sizes)
def test_the_same_arguments_give_the_same_bytes(
    sla_ms: int, rate_rps: int, p50_ms: float, tail: float, grown: float, largest: int
) -> None:
    arguments = (sla_ms, rate_rps, p50_ms, tail, grown, largest)

    assert plan(*arguments).model_dump_json() == plan(*arguments).model_dump_json()


@given(limits, rates, milliseconds, tails, growth, batch_sizes)
def test_two_calls_of_the_planned_batch_stay_within_the_sla(
    sla_ms: int, rate_rps: int, p50_ms: float, tail: float, grown: float, largest: int
) -> None:
    size = int(plan(sla_ms, rate_rps, p50_ms, tail, grown, largest).max_batch_size.value)

    assert 1 <= size <= largest
    if size > 1:
        # Latency grows at most linearly from the nearest smaller measured batch.
        p99_ms = p50_ms * tail * (size if size < 8 else grown * size / 8)
        assert 2 * p99_ms + SERVER_OVERHEAD_MS <= sla_ms * (1 + 1e-9)


@given(rates, milliseconds, tails, growth, batch_sizes)
def test_a_looser_sla_never_makes_the_batch_smaller(
    rate_rps: int, p50_ms: float, tail: float, grown: float, largest: int
) -> None:
    sizes = [int(plan(sla_ms, rate_rps, p50_ms, tail, grown, largest).max_batch_size.value) for sla_ms in (10, 50, 500)]

    assert sizes == sorted(sizes)


@given(limits, rates, milliseconds, tails, growth)
def test_every_predicted_number_says_what_it_rests_on(
    sla_ms: int, rate_rps: int, p50_ms: float, tail: float, grown: float
) -> None:
    predicted = plan(sla_ms, rate_rps, p50_ms, tail, grown, 8).predicted

    assert "measured 2026-11-23 on Test CPU" in predicted.p99_ms.basis
    assert all(estimate.basis for estimate in (predicted.p50_ms, predicted.capacity_rps, predicted.utilization))


def test_a_rate_over_the_capacity_has_no_predicted_latency() -> None:
    overloaded = plan(1000, 500, p50_ms=10, tail=1.2, grown=8, largest=8)

    assert overloaded.predicted.p99_ms.value is None
    assert overloaded.predicted.utilization.value is not None
    assert overloaded.predicted.utilization.value > 1


def test_the_prediction_is_the_measurement_plus_the_overhead_when_idle() -> None:
    idle = plan(1000, 1, p50_ms=10, tail=1.0, grown=8, largest=8).predicted

    assert idle.p50_ms.value == pytest.approx(10 + SERVER_OVERHEAD_MS, rel=0.02)


def test_batching_off_in_the_spec_means_one_row_a_call() -> None:
    decision = plan(1000, 1, p50_ms=1, tail=1.0, grown=2, largest=1).max_batch_size

    assert decision.value == 1
    assert "off in the spec" in decision.basis


def test_the_report_of_this_machine_wins_over_newer_ones_from_elsewhere() -> None:
    here = report(measurement(5, 6))
    elsewhere = report(measurement(1, 2), on=hardware(cpu_cores=64), measured_at="2026-12-31T00:00:00+00:00")

    result = plan_endpoint(request(), locked_model(elsewhere, here), hardware())

    assert result.measured.p50_ms == 5
    assert result.hardware.measured_on == result.hardware.target


def test_a_lock_from_elsewhere_is_planned_with_and_shows_that_the_hardware_differs() -> None:
    elsewhere = report(measurement(1, 2), on=hardware(cpu_cores=64))

    result = plan_endpoint(request(), locked_model(elsewhere), hardware())

    assert result.hardware.measured_on != result.hardware.target


def test_a_lock_without_a_measurement_says_what_to_run() -> None:
    with pytest.raises(ArtifactError, match="run `serving optimize`"):
        plan_endpoint(request(), locked_model(), hardware())


def test_a_lock_that_lacks_the_chosen_artifact_says_what_to_run() -> None:
    locked = locked_model(report(measurement(1, 2))).model_copy(update={"artifacts": ()})

    with pytest.raises(ArtifactError, match=rf"lacks the artifact .* of `{CHOSEN}`.*run `serving optimize`"):
        plan_endpoint(request(), locked, hardware())


def test_the_plan_names_the_locked_artifact() -> None:
    result = plan(100, 10, p50_ms=1, tail=1.5, grown=4, largest=8)

    assert (result.artifact.name, result.artifact.sha256, result.artifact.size_mb) == (CHOSEN, SHA256, 1.0)
