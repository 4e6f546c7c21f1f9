"""What a fleet costs as expected is its machines' mean over time."""

import pytest

from components.capacity.declared import recorded_traffic
from components.capacity.rate_curve import RateCurve
from components.choice.choose import choose
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked


def test_the_expected_month_is_the_mean_of_whole_machines_not_those_of_the_mean_load() -> None:
    rise = recorded_traffic(RateCurve(times_s=(0, 86_400), rates_rps=(0, 100)), "day.csv")

    chosen = choose(asked(declared=rise, instance_types=("c7i.xlarge",)), LOCKED, MACHINE, SHIPPED).plan.chosen

    assert chosen.machines is not None
    count = chosen.machines.count
    assert (chosen.workers_per_machine, count.maximum) == (1, 5)
    # By hand: each fifth of the day takes one more, and the mean load would take 2.5.
    assert count.expected == pytest.approx(sum(max(count.minimum, number) for number in (1, 2, 3, 4, 5)) / 5, abs=1e-6)
    assert chosen.usd_per_month is not None
    assert chosen.usd_per_month.expected == pytest.approx(
        count.expected * 730 * (chosen.usd_per_hour.value or 0), abs=0.01
    )
