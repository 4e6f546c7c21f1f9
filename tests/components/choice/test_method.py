"""A choice says how the p99 that was held against its SLA was found, and its basis says the same."""

import pytest

from components.capacity.prediction import Method
from components.capacity.quick import predict_briefly, predict_by_formula
from components.capacity.replicas import Predictor
from components.choice.choose import choose
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


@pytest.mark.parametrize(
    ("predictor", "sla_ms", "rate_rps", "method"),
    [
        (predict_by_formula, 200, 100, Method.CLOSED_FORM),
        (predict_briefly, 200, 100, Method.SIMULATION),
        # One server far from its SLA, which the formula is trusted with.
        (predict_briefly, 2000, 22, Method.CLOSED_FORM),
    ],
)
def test_the_method_is_the_one_of_the_basis(predictor: Predictor, sla_ms: int, rate_rps: int, method: Method) -> None:
    chosen = choose(asked(sla_ms=sla_ms, rate_rps=rate_rps), LOCKED, MACHINE, SHIPPED, predictor).plan.chosen

    basis = chosen.replicas.basis.partition("; ")[2]
    assert chosen.method is method
    assert basis.startswith("closed form" if method is Method.CLOSED_FORM else "simulation")
