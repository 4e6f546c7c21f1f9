import pytest

from components.capacity.fleet import Routing
from components.catalog.instance_type import InstanceType
from components.catalog.services import Service
from components.choice.targets import TARGETS
from components.choice.worker import left_for_workers
from components.platforms.choice import Cloud

KUBERNETES, SAGEMAKER = TARGETS[0], TARGETS[2]


def machine(vcpu: int, memory_gib: float) -> InstanceType:
    return InstanceType(
        provider=Cloud.AWS, service=Service.EC2, region="us-east-1", name="x", vcpu=vcpu, memory_gib=memory_gib
    )


@pytest.mark.parametrize(
    ("vcpu", "memory_gib", "left_vcpu", "left_gib"),
    # Reserved by hand: 6 % + 1 % + 2 x 0.5 % + 4 x 0.25 % of a core; 1 + 0.8 + 0.8 GiB and 0.1 GiB to evict.
    [(8, 16, 7.91, 13.3), (2, 8, 1.93, 6.1), (1, 2, 0.94, 1.4)],
)
def test_a_node_keeps_a_part_for_itself(vcpu: int, memory_gib: float, left_vcpu: float, left_gib: float) -> None:
    assert left_for_workers(machine(vcpu, memory_gib), KUBERNETES) == pytest.approx((left_vcpu, left_gib))


def test_a_whole_machine_serves() -> None:
    assert left_for_workers(machine(8, 16), SAGEMAKER) == (8, 16)


def test_a_rented_fleet_is_planned_with_the_routing_that_nobody_has_to_set_up() -> None:
    assert all(target.routing is Routing.RANDOM for target in TARGETS if target.cloud is not None)
