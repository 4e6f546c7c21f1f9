"""More replicas than this machine is: what to do is said where the stack is meant for it."""

import pytest

from components.capacity.quick import predict_by_formula
from components.choice.choose import choose
from optimizers.errors import NoCapacity
from optimizers.vocabulary import DeploymentTarget
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


def test_a_stack_for_this_machine_is_told_where_more_of_them_are() -> None:
    with pytest.raises(NoCapacity) as caught:
        choose(asked(DeploymentTarget.EMBEDDED, rate_rps=60), LOCKED, MACHINE, SHIPPED, predict_by_formula)

    assert str(caught.value).endswith(
        "it takes 2 replicas, and this machine is one; set `deployment_target` to `kubernetes` or `serverless`, lower "
        "`throughput_rps` or raise `latency_sla_ms`"
    )


def test_a_stack_that_rents_machines_is_not_told_to_rent_some() -> None:
    elsewhere = choose(asked(rate_rps=60), LOCKED, MACHINE, SHIPPED, predict_by_formula).elsewhere

    (here,) = (item for item in elsewhere if item.where == "this machine")
    assert here.why == "this machine: it takes 2 replicas, and this machine is one"
