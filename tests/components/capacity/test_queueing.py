"""The formulas agree with published tables and with the exact values of the queues that have one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.queueing import (
    allen_cunneen_wait_s,
    constant_wait_s,
    erlang_b,
    erlang_c,
    exponential_wait_s,
    kimura_wait_s,
    response_quantile_s,
    sakasegawa_wait_s,
    wait_exceeds,
)

# Kimura 1994, "Approximations for multi-server queues: system interpolations", Queueing Systems 17, table 1, page 357:
# mean number in the queue of M/G/5 with mean service time 1, as carried by the tests of misken/qng.
KIMURA_TABLE_1 = [
    (4.0, 0.9, 16.26), (4.0, 0.7, 1.82), (4.0, 0.5, 0.23), (4.0, 0.3, 0.01),
    (1.5, 0.9, 8.50), (1.5, 0.7, 1.06), (1.5, 0.5, 0.15), (1.5, 0.3, 0.01),
    (0.5, 0.9, 5.19), (0.5, 0.7, 0.68), (0.5, 0.5, 0.10), (0.5, 0.3, 0.01),
]  # fmt: skip
# Kimura 1991, "Refining Cosmetatos' approximation", Journal of the Operational Research Society, table 1, page 601:
# mean wait of M/D/c with service time 1 by Cosmetatos' formula, as carried by the tests of misken/qng.
COSMETATOS = [
    (2, 0.9, 2.1445), (2, 0.7, 0.4916), (2, 0.5, 0.1757), (2, 0.3, 0.0557), (2, 0.1, 0.0075),
    (4, 0.9, 1.0000), (4, 0.7, 0.1890), (4, 0.5, 0.0494), (4, 0.3, 0.0087),
    (25, 0.9, 0.107922), (25, 0.8, 0.023845), (50, 0.9, 0.039838),
]  # fmt: skip

servers_in_use = st.integers(min_value=1, max_value=64)
utilizations = st.floats(min_value=0.01, max_value=0.99)
variations = st.floats(min_value=0, max_value=10)


@pytest.mark.parametrize(("variation", "utilization", "waiting"), KIMURA_TABLE_1)
def test_kimuras_formula_gives_his_table(variation: float, utilization: float, waiting: float) -> None:
    rate_rps = 5 * utilization

    assert rate_rps * kimura_wait_s(5, rate_rps, 1.0, variation) == pytest.approx(waiting, rel=0.01, abs=0.006)


@pytest.mark.parametrize(("servers", "utilization", "wait_s"), COSMETATOS)
def test_the_wait_for_constant_service_is_the_published_one(servers: int, utilization: float, wait_s: float) -> None:
    assert constant_wait_s(servers, servers * utilization, 1.0) == pytest.approx(wait_s, rel=5e-4, abs=6e-5)


def test_three_servers_give_the_textbooks_values() -> None:
    # Gross and Harris, Fundamentals of Queueing Theory, 2nd edition, example 2.2: 6 arrivals and 3 answers an hour.
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert exponential_wait_s(3, 6, 1 / 3) == pytest.approx(8 / 9 / 6)


def test_erlang_b_gives_the_textbooks_value() -> None:
    # Two servers, offered load 1: (1/2) / (1 + 1 + 1/2).
    assert erlang_b(2, 1.0) == pytest.approx(0.2)


@given(utilizations)
def test_one_server_waits_as_the_exact_queues_do(utilization: float) -> None:
    assert erlang_c(1, utilization) == pytest.approx(utilization)
    assert exponential_wait_s(1, utilization, 1.0) == pytest.approx(utilization / (1 - utilization))
    assert constant_wait_s(1, utilization, 1.0) == pytest.approx(utilization / (1 - utilization) / 2)


@given(servers_in_use, utilizations, variations)
def test_every_formula_agrees_where_service_is_exponential(servers: int, utilization: float, variation: float) -> None:
    rate_rps = servers * utilization
    exact_s = exponential_wait_s(servers, rate_rps, 1.0)

    assert kimura_wait_s(servers, rate_rps, 1.0, 1.0) == pytest.approx(exact_s)
    assert allen_cunneen_wait_s(servers, rate_rps, 1.0, 1.0) == pytest.approx(exact_s)
    assert allen_cunneen_wait_s(1, utilization, 1.0, variation) == pytest.approx(
        kimura_wait_s(1, utilization, 1.0, variation)
    )
    assert sakasegawa_wait_s(1, utilization, 1.0, variation) == pytest.approx(
        allen_cunneen_wait_s(1, utilization, 1.0, variation)
    )


@given(servers_in_use, utilizations, utilizations, variations)
def test_more_load_and_more_variation_never_shorten_a_wait(
    servers: int, one: float, other: float, variation: float
) -> None:
    light, heavy = sorted((one * servers, other * servers))
    for wait_s in (kimura_wait_s, allen_cunneen_wait_s, sakasegawa_wait_s):
        assert wait_s(servers, light, 1.0, variation) <= wait_s(servers, heavy, 1.0, variation) * (1 + 1e-9)
        assert wait_s(servers, heavy, 1.0, variation) <= wait_s(servers, heavy, 1.0, variation + 1) * (1 + 1e-9)


@given(st.floats(min_value=0.05, max_value=0.95), st.floats(min_value=0.5, max_value=0.999))
def test_the_response_of_one_exponential_server_is_exponential(utilization: float, quantile: float) -> None:
    """M/M/1 has an exact response: exponential with mean 1 / (mu - lambda)."""
    # Eight of them above the highest quantile: with two, one step of theirs is more than the error that is allowed.
    points = 8000
    services_s = [-math.log(1 - (index + 0.5) / points) for index in range(points)]

    found_s = response_quantile_s(services_s, utilization, utilization / (1 - utilization), quantile)

    assert found_s == pytest.approx(-math.log(1 - quantile) / (1 - utilization), rel=0.03)


@given(st.floats(min_value=0, max_value=100), st.floats(min_value=0.01, max_value=1), st.floats(0.001, 50))
def test_a_longer_wait_is_never_more_likely(limit_s: float, waits: float, mean_wait_s: float) -> None:
    assert wait_exceeds(-1, waits, mean_wait_s) == 1
    assert wait_exceeds(0, waits, mean_wait_s) == pytest.approx(waits)
    assert wait_exceeds(limit_s, waits, mean_wait_s) >= wait_exceeds(limit_s + 1, waits, mean_wait_s)


def test_a_queue_that_nobody_waits_in_answers_in_its_service_time() -> None:
    assert response_quantile_s([1.0], 0.0, 0.0, 0.99) == pytest.approx(1.0)
    assert kimura_wait_s(2, 0.0, 1.0, 0.5) == constant_wait_s(2, 0.0, 1.0) == 0


@pytest.mark.parametrize("load", [2.0, 2.5])
def test_a_saturated_queue_has_no_mean(load: float) -> None:
    with pytest.raises(ValueError, match="saturates 2 servers"):
        erlang_c(2, load)
