"""The plan of an embedded endpoint is a pure function of spec, lock and machine."""

import time
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity.declared import declared
from components.capacity.traffic import BurstyTraffic
from components.embedded.plan import (
    FITTED_OVERHEAD,
    EmbeddedRequest,
    plan_endpoint,
)
from components.endpoint_plan import EndpointPlan
from optimizers.errors import ArtifactError
from optimizers.goal import Goal
from optimizers.report import ServerOverhead
from tests.support.locked_model import CHOSEN, SHA256, hardware, locked_model, measurement, report

LONE_OVERHEAD_MS = FITTED_OVERHEAD.busy_ms + FITTED_OVERHEAD.waiting_ms


@dataclass(frozen=True)
class Case:
    """A spec and what was measured: p99 is `tail` times p50, and eight rows take `growth` times as long as one."""

    sla_ms: int = 1000
    rate_rps: int = 1
    p50_ms: float = 10.0
    tail: float = 1.0
    growth: float = 8.0
    max_batch_size: int = 8


cases = st.builds(
    Case,
    sla_ms=st.integers(min_value=1, max_value=2000),
    rate_rps=st.integers(min_value=1, max_value=2000),
    p50_ms=st.floats(min_value=0.01, max_value=500),
    tail=st.floats(min_value=1, max_value=5),
    growth=st.floats(min_value=1, max_value=8),
    max_batch_size=st.integers(min_value=1, max_value=64),
)


def request(
    sla_ms: int = 100, rate_rps: int = 10, max_batch_size: int = 32, cache_entries: int = 1024
) -> EmbeddedRequest:
    goal = Goal(latency_sla_ms=sla_ms, throughput_rps=rate_rps)
    return EmbeddedRequest(name="minilm", goal=goal, max_batch_size=max_batch_size, cache_entries=cache_entries)


def plan(case: Case) -> EndpointPlan:
    measured = report(
        measurement(case.p50_ms, case.p50_ms * case.tail),
        measurement(case.p50_ms * case.growth, case.p50_ms * case.growth * case.tail, batch_size=8),
    )
    wanted = request(case.sla_ms, case.rate_rps, max_batch_size=case.max_batch_size)
    return plan_endpoint(wanted, locked_model(measured), hardware())


@settings(max_examples=25)
@given(cases)
def test_the_same_arguments_give_the_same_bytes(case: Case) -> None:
    assert plan(case).model_dump_json() == plan(case).model_dump_json()


@settings(max_examples=25)
@given(cases)
def test_two_calls_of_the_planned_batch_stay_within_the_sla(case: Case) -> None:
    size = int(plan(case).max_batch_size.value)

    assert 1 <= size <= case.max_batch_size
    if size > 1:
        # Latency grows at most linearly from the nearest smaller measured batch.
        p99_ms = case.p50_ms * case.tail * (size if size < 8 else case.growth * size / 8)
        overhead_ms = 2 * size * FITTED_OVERHEAD.busy_ms + FITTED_OVERHEAD.waiting_ms
        assert 2 * p99_ms + overhead_ms <= case.sla_ms * (1 + 1e-9)


@settings(max_examples=25)
@given(cases)
def test_a_looser_sla_never_makes_the_batch_smaller(case: Case) -> None:
    sizes = [int(plan(replace(case, sla_ms=sla_ms)).max_batch_size.value) for sla_ms in (10, 50, 500)]

    assert sizes == sorted(sizes)


@settings(max_examples=25)
@given(cases)
def test_every_predicted_number_says_what_it_rests_on(case: Case) -> None:
    predicted = plan(case).predicted

    assert "measured 2026-11-23 on Test CPU" in predicted.p99_ms.basis
    assert "held against the SLA" in predicted.p99_high_ms.basis
    assert all(estimate.basis for estimate in (predicted.p50_ms, predicted.capacity_rps, predicted.utilization))


def test_a_rate_over_the_capacity_has_no_predicted_latency() -> None:
    overloaded = plan(Case(rate_rps=500))

    assert overloaded.predicted.p99_ms.value is None
    assert overloaded.predicted.p99_high_ms.value is None
    assert overloaded.predicted.utilization.value is not None
    assert overloaded.predicted.utilization.value > 1


@settings(max_examples=25)
@given(cases)
def test_the_p99_lies_under_its_upper_end(case: Case) -> None:
    predicted = plan(case).predicted

    assert (predicted.p99_ms.value is None) == (predicted.p99_high_ms.value is None)
    assert (predicted.p99_ms.value or 0) <= (predicted.p99_high_ms.value or 0)


def test_the_prediction_is_the_measurement_plus_the_overhead_when_idle() -> None:
    assert plan(Case()).predicted.p50_ms.value == pytest.approx(10 + LONE_OVERHEAD_MS, rel=0.02)


def test_a_server_that_was_measured_here_counts_as_it_was_measured() -> None:
    measured = report(measurement(10, 10)).model_copy(update={"server": ServerOverhead(busy_ms=1, waiting_ms=3)})

    predicted = plan_endpoint(request(max_batch_size=1), locked_model(measured), hardware()).predicted

    assert predicted.p50_ms.value == pytest.approx(14, rel=0.02)
    assert predicted.capacity_rps.value == pytest.approx(1000 / 11, rel=0.01)
    assert "1 ms a call of one row for the server (measured with it)" in predicted.capacity_rps.basis
    assert "fitted on another machine" in plan(Case()).predicted.capacity_rps.basis


def test_a_plan_with_its_simulation_takes_seconds_at_the_most() -> None:
    busy = Case(sla_ms=500, rate_rps=80, p50_ms=10, tail=1.7, growth=7, max_batch_size=32)
    started_s = time.process_time()

    predicted = plan(busy).predicted

    assert time.process_time() - started_s < 10
    assert "simulation of" in predicted.p99_ms.basis


def test_the_prediction_is_that_of_the_planned_batch_and_says_how_sure_it_is() -> None:
    batched = plan(Case(rate_rps=90, growth=2))
    unbatched = plan(Case(rate_rps=60, max_batch_size=1))

    # Single rows answer 83 a second.
    assert batched.predicted.p99_ms.value is not None
    assert "ms with 95 % confidence; single rows cannot carry it" in batched.predicted.p99_ms.basis
    assert "closed form M/G/1" in unbatched.predicted.p99_ms.basis
    assert "within 14%" in unbatched.predicted.p99_ms.basis


def test_two_calls_at_once_are_predicted_with_what_was_measured_of_two() -> None:
    two = measurement(12, 14).model_copy(update={"concurrency": 2, "throughput_rps": 2000 / 12})

    result = plan_endpoint(request(max_batch_size=1), locked_model(report(measurement(10, 11), two)), hardware())

    assert result.concurrent_calls.value == 2
    assert result.predicted.capacity_rps.value == pytest.approx(2000 / (12 + 2 * FITTED_OVERHEAD.busy_ms), rel=0.01)
    assert "calls that slow each other down" in result.predicted.p99_ms.basis


def test_batching_off_in_the_spec_means_one_row_a_call() -> None:
    decision = plan(Case(max_batch_size=1)).max_batch_size

    assert decision.value == 1
    assert "off in the spec" in decision.basis


def test_the_report_of_this_machine_wins_over_newer_ones_from_elsewhere() -> None:
    here = report(measurement(5, 6))
    elsewhere = report(measurement(1, 2), on=hardware(cpu_cores=64), measured_at="2026-12-31T00:00:00+00:00")

    result = plan_endpoint(request(max_batch_size=1), locked_model(elsewhere, here), hardware())

    assert result.measured.p50_ms == 5
    assert result.hardware.measured_on == result.hardware.target


def test_a_lock_from_elsewhere_is_planned_with_and_shows_that_the_hardware_differs() -> None:
    elsewhere = report(measurement(1, 2), on=hardware(cpu_cores=64))

    result = plan_endpoint(request(max_batch_size=1), locked_model(elsewhere), hardware())

    assert result.hardware.measured_on != result.hardware.target


def test_a_lock_without_a_measurement_says_what_to_run() -> None:
    with pytest.raises(ArtifactError, match="run `serving optimize`"):
        plan_endpoint(request(max_batch_size=1), locked_model(), hardware())


def test_a_lock_that_lacks_the_chosen_artifact_says_what_to_run() -> None:
    locked = locked_model(report(measurement(1, 2))).model_copy(update={"artifacts": ()})

    with pytest.raises(ArtifactError, match=rf"lacks the artifact .* of `{CHOSEN}`.*run `serving optimize`"):
        plan_endpoint(request(), locked, hardware())


def test_the_plan_names_the_locked_artifact() -> None:
    result = plan(Case())

    assert (result.artifact.name, result.artifact.sha256, result.artifact.size_mb) == (CHOSEN, SHA256, 1.0)


@pytest.mark.parametrize(("busy", "said"), [(0.43, True), (0.05, False), (None, False)])
def test_the_basis_says_that_the_measured_machine_was_busy(busy: float | None, said: bool) -> None:
    measured = report(measurement(10, 12)).model_copy(update={"other_cpu_share": busy})

    planned = plan_endpoint(request(max_batch_size=1), locked_model(measured), hardware())

    assert planned.measured.other_cpu_share == busy
    assert ("43% of it busy with other work" in planned.predicted.p99_ms.basis) is said


def test_the_plan_records_the_traffic_and_bursts_answer_later() -> None:
    steady = plan_endpoint(request(max_batch_size=1), locked_model(report(measurement(10, 12))), hardware())
    bursts = declared(BurstyTraffic(rate_rps=10, variation=16), 10).planned
    bursty = plan_endpoint(
        request(max_batch_size=1).model_copy(update={"traffic": bursts}),
        locked_model(report(measurement(10, 12))),
        hardware(),
    )

    assert (steady.traffic.kind, steady.traffic.mean_rps) == ("constant", 10)
    assert bursty.traffic == bursts
    assert (bursty.predicted.p99_ms.value or 0) > 1.2 * (steady.predicted.p99_ms.value or 0) > 0
