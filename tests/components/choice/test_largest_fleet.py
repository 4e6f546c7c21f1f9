"""A load that no fleet carries which a stack may ask for: the remedy is one that helps."""

import pytest

from components.capacity.quick import predict_by_formula
from components.choice.choose import choose
from optimizers.errors import NoCapacity
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


# At the first the fleet is larger than `max_replicas` may be; at the second it is larger than any that is searched for.
@pytest.mark.parametrize("rate_rps", [100_000, 1_000_000])
def test_a_fleet_larger_than_any_stack_may_ask_for_is_not_told_to_allow_more_replicas(rate_rps: int) -> None:
    with pytest.raises(NoCapacity) as caught:
        choose(asked(rate_rps=rate_rps, max_replicas=1000), LOCKED, MACHINE, SHIPPED, predict_by_formula)

    message = str(caught.value)
    assert "raise `latency_sla_ms`" in message
    assert "lower " in message
    assert "allow more replicas" not in message
    assert "raise it to" not in message
