"""An endpoint's record follows from its measurement: every plan does, and no edited one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity.declared import declared
from components.capacity.traffic import BurstyTraffic, DailyTraffic
from components.embedded.plan import EmbeddedRequest, plan_endpoint
from components.embedded.record import contradictions
from components.endpoint_plan import EndpointPlan
from optimizers.goal import Goal
from optimizers.report import Report
from tests.support.locked_model import hardware, locked_model, measurement, report


def planned(measured: Report, rate_rps: int = 20, sla_ms: int = 200, **fields: Any) -> EndpointPlan:
    goal = Goal(latency_sla_ms=sla_ms, throughput_rps=rate_rps)
    return plan_endpoint(EmbeddedRequest(name="minilm", goal=goal, **fields), locked_model(measured), hardware())


@settings(max_examples=40)
@given(
    p50_ms=st.floats(min_value=0.01, max_value=800),
    tail=st.floats(min_value=1, max_value=5),
    growth=st.floats(min_value=0.8, max_value=8),
    second=st.floats(min_value=0.5, max_value=2),
    rate_rps=st.integers(min_value=1, max_value=500),
    sla_ms=st.integers(min_value=1, max_value=3000),
    max_batch_size=st.integers(min_value=1, max_value=64),
)
def test_every_plan_follows_from_what_it_was_made_of(  # noqa: PLR0913, PLR0917 - what is measured and asked for
    p50_ms: float, tail: float, growth: float, second: float, rate_rps: int, sla_ms: int, max_batch_size: int
) -> None:
    two = measurement(p50_ms * second, p50_ms * second * tail).model_copy(
        update={"concurrency": 2, "throughput_rps": 2000 / (p50_ms * second)}
    )
    measured = report(
        measurement(p50_ms, p50_ms * tail),
        measurement(p50_ms * growth, p50_ms * growth * tail, batch_size=8),
        two,
    )

    assert contradictions(planned(measured, rate_rps, sla_ms, max_batch_size=max_batch_size), measured) == []


SIZES = (1, 2, 4, 8, 16, 32)


@settings(max_examples=60)
@given(
    row_ms=st.floats(min_value=0.1, max_value=50),
    noise=st.lists(st.floats(min_value=0.9, max_value=1.1), min_size=len(SIZES), max_size=len(SIZES)),
    tail=st.floats(min_value=1, max_value=1.5),
    sla_ms=st.integers(min_value=1, max_value=1000),
    max_batch_size=st.integers(min_value=1, max_value=64),
)
def test_a_planned_batch_follows_from_its_own_size(
    row_ms: float, noise: list[float], tail: float, sla_ms: int, max_batch_size: int
) -> None:
    # Rows of a batch cost nearly what one costs, so noise decides which size is the fastest.
    calls = [
        measurement(row_ms * size * factor, row_ms * size * factor * tail, batch_size=size)
        for size, factor in zip(SIZES, noise, strict=True)
    ]
    measured = report(*calls)

    assert contradictions(planned(measured, 1, sla_ms, max_batch_size=max_batch_size), measured) == []


def test_larger_batches_that_do_not_fit_decide_nothing() -> None:
    measured = report(measurement(10, 11), measurement(44, 46, batch_size=4), measurement(140, 150, batch_size=16))

    plan = planned(measured, 1, 160, max_batch_size=32)

    assert plan.max_batch_size.value == 1
    assert contradictions(plan, measured) == []


def test_a_larger_batch_than_keeps_the_sla_is_told() -> None:
    measured = report(measurement(10, 11), measurement(40, 42, batch_size=8))
    plan = planned(measured, 1, 200, max_batch_size=8)
    larger = plan.model_copy(update={"max_batch_size": plan.max_batch_size.model_copy(update={"value": 64})})

    assert plan.max_batch_size.value == 8
    assert any("max_batch_size 64 is not the" in line for line in contradictions(larger, measured))


@pytest.mark.parametrize(
    "traffic",
    [
        BurstyTraffic(rate_rps=20, variation=16),
        DailyTraffic(lowest_rps=0, highest_rps=20),
        # A mean of many equal rates is not always that rate to the last digit.
        DailyTraffic(lowest_rps=19.7, highest_rps=19.7),
    ],
)
def test_every_declared_traffic_is_one(traffic: BurstyTraffic | DailyTraffic) -> None:
    measured = report(measurement(10, 12))

    assert contradictions(planned(measured, traffic=declared(traffic, 20).planned), measured) == []


def test_a_plan_of_a_load_over_the_capacity_is_one() -> None:
    measured = report(measurement(10, 12))
    overloaded = planned(measured, rate_rps=500)

    assert overloaded.predicted.p99_high_ms.value is None
    assert contradictions(overloaded, measured) == []
    steady = planned(measured).predicted
    assert len(contradictions(overloaded.model_copy(update={"predicted": steady}), measured)) == 2


def test_a_lock_without_a_measurement_of_one_call_says_so() -> None:
    measured = report(measurement(10, 12))

    assert contradictions(planned(measured), report()) == ["the lock holds no measurement of one call at a time"]
