"""The fewest replicas that keep the SLA, and the sentence that says why not fewer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity.fleet import Arrivals, Fleet, Routing
from components.capacity.predict import predict
from components.capacity.replicas import fewest_replicas
from components.capacity.service import ServiceTimes
from optimizers.errors import GoalUnreachable, NoCapacity
from tests.support.call_times import service_times, timed

SHARED = Fleet(routing=Routing.SHARED_QUEUE)


@settings(max_examples=20)
@given(
    rate_rps=st.floats(min_value=1, max_value=2000),
    sla_ms=st.floats(min_value=20, max_value=200),
    target_utilization=st.floats(min_value=0.3, max_value=0.95),
    routing=st.sampled_from([Routing.SHARED_QUEUE, Routing.LEAST_OUTSTANDING, Routing.RANDOM]),
)
def test_the_choice_keeps_both_limits_and_one_replica_less_breaks_one(
    rate_rps: float, sla_ms: float, target_utilization: float, routing: Routing
) -> None:
    service, load = service_times(10, 0.05), Arrivals(rate_rps=rate_rps)

    choice = fewest_replicas(
        service, Fleet(routing=routing), load, sla_ms=sla_ms, target_utilization=target_utilization
    )

    assert choice.prediction.p99_high_ms is not None
    assert choice.prediction.p99_high_ms <= sla_ms
    assert choice.prediction.utilization <= target_utilization + 1e-9
    if choice.replicas > 1:
        fewer = predict(service, Fleet(replicas=choice.replicas - 1, routing=routing), load, sla_ms)
        too_slow = fewer.p99_high_ms is None or fewer.p99_high_ms > sla_ms
        assert too_slow or fewer.utilization > target_utilization


def test_the_basis_says_which_limit_decides() -> None:
    load = Arrivals(rate_rps=300)

    busy = fewest_replicas(service_times(10, 0.05), SHARED, load, sla_ms=500, target_utilization=0.7)
    slow = fewest_replicas(service_times(10, 0.05), SHARED, load, sla_ms=22, target_utilization=0.9)

    assert busy.basis.startswith("fewer would be busier than the target of 70%")
    assert slow.basis.startswith(f"{slow.replicas - 1} would have a p99 of up to ")
    assert "over the SLA of 22 ms" in slow.basis


def test_random_routing_needs_more_replicas_than_the_least_outstanding() -> None:
    load = Arrivals(rate_rps=800)
    needed = {
        routing: fewest_replicas(
            service_times(10, 0.05), Fleet(routing=routing), load, sla_ms=40, target_utilization=0.8
        ).replicas
        for routing in (Routing.LEAST_OUTSTANDING, Routing.RANDOM)
    }

    assert needed[Routing.RANDOM] > 1.5 * needed[Routing.LEAST_OUTSTANDING]


def test_batches_need_fewer_replicas() -> None:
    service = ServiceTimes(measurements=(timed(10, 12), timed(20, 24, rows=8)))
    alone, batched = (
        fewest_replicas(
            service,
            SHARED.model_copy(update={"max_batch_size": rows}),
            Arrivals(rate_rps=1500),
            sla_ms=100,
            target_utilization=0.7,
        ).replicas
        for rows in (1, 8)
    )

    assert batched < alone / 2


def test_an_sla_below_the_bare_model_says_which_number_makes_it_impossible() -> None:
    with pytest.raises(GoalUnreachable, match=r"p99 of 1\d\.\d ms, over the SLA of 9 ms.*`latency_sla_ms` to 1\d "):
        fewest_replicas(service_times(10, 0.05), SHARED, Arrivals(rate_rps=1), sla_ms=9, target_utilization=0.7)


def test_more_replicas_than_are_allowed_are_not_chosen() -> None:
    with pytest.raises(
        NoCapacity,
        match=r"3 replicas do not answer 1000 requests/s within 50 ms .*; lower the rate, raise `latency_sla_ms` or",
    ):
        fewest_replicas(
            service_times(10, 0.05), SHARED, Arrivals(rate_rps=1000), sla_ms=50, target_utilization=0.7, most=3
        )


def test_the_last_replica_that_is_allowed_is_tried() -> None:
    load, service = Arrivals(rate_rps=300), service_times(10, 0.05)
    free = fewest_replicas(service, SHARED, load, sla_ms=22, target_utilization=0.9)

    bound = fewest_replicas(service, SHARED, load, sla_ms=22, target_utilization=0.9, most=free.replicas)

    assert bound == free


@pytest.mark.parametrize(
    ("sla_ms", "target_utilization", "most"), [(0, 0.7, 9), (50, 0, 9), (50, 1.1, 9), (50, 0.7, 0)]
)
def test_limits_out_of_range_are_refused(sla_ms: float, target_utilization: float, most: int) -> None:
    with pytest.raises(ValueError, match="a target in"):
        fewest_replicas(
            service_times(),
            SHARED,
            Arrivals(rate_rps=1),
            sla_ms=sla_ms,
            target_utilization=target_utilization,
            most=most,
        )
