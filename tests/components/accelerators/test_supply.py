"""What pods ask for against the nodes of their stack, and what is not certain is not said."""

from datetime import date
from typing import Any

import pytest

from components.accelerators.asked import AskedAccelerators, asked_accelerators
from components.accelerators.inference_components import asked_devices, offered_devices
from components.accelerators.offered import NVIDIA, OfferedNodes, node_group, node_pool
from components.accelerators.supply import device_shortages, shortages
from components.catalog.prices_file import read_catalog
from tests.support import raw_resources
from tests.support.policy_fixtures import deployment, inference_component

CATALOG = read_catalog(None, date(2026, 11, 24))


def asked(gpus: int = 2, **pod: Any) -> AskedAccelerators:
    return asked_accelerators("web", deployment(gpus, **pod)[1])


def group(*types: str, **more: Any) -> OfferedNodes:
    (offered,) = node_group("nodes", raw_resources.node_group(list(types), 0, 0, 1, **more)[1], CATALOG)
    return offered


def pool(machine_type: str, **config: Any) -> OfferedNodes:
    (offered,) = node_pool("nodes", raw_resources.node_pool(machine_type, config=config)[1], CATALOG)
    return offered


def test_a_pod_that_asks_for_more_than_a_node_has_is_named_with_the_remedy() -> None:
    (said,) = shortages(asked(2), [group("g5.xlarge"), pool("g2-standard-4")], CATALOG)

    assert said == (
        "asks for 2 `nvidia.com/gpu` on one node, and the most that a node has is 1 (g5.xlarge): its pods stay pending; "
        "ask for 1 or take a larger machine"
    )


@pytest.mark.parametrize(
    "nodes",
    [
        [group("g5.12xlarge")],
        [group("g5.xlarge", "g5.12xlarge")],
        [group("c5.xlarge"), pool("g2-standard-24")],
        [pool("n1-standard-4", guestAccelerators=[{"type": "nvidia-tesla-t4", "count": 2}])],
        [pool("g2-standard-4", guestAccelerators=[{"type": "nvidia-l4", "count": 1, "gpuSharingConfig": {"maxSharedClientsPerGpu": 4}}])],
        # Another cluster serves: nothing is known of it.
        [],
    ],
)  # fmt: skip
def test_where_a_node_has_enough_or_no_node_is_known_nothing_is_said(nodes: list[OfferedNodes]) -> None:
    assert shortages(asked(2), nodes, CATALOG) == []


@pytest.mark.parametrize(
    "nodes",
    [
        [group("g9.huge")],
        [group(launchTemplate={"id": "lt-1"})],
        [pool("g2-standard-4", guestAccelerators=[{"type": "nvidia-a100-80gb", "count": 1, "gpuPartitionSize": "1g.10gb"}]), group("g9.huge")],
    ],
)  # fmt: skip
def test_nodes_that_nobody_knows_are_refused(nodes: list[OfferedNodes]) -> None:
    (said,) = shortages(asked(2), nodes, CATALOG)

    assert "nobody knows" in said
    assert "`prices.csv`" in said


def test_a_pod_that_names_its_machine_or_its_pool_is_held_against_that_one() -> None:
    large = group("g5.12xlarge")

    assert shortages(asked(2, nodeSelector={"node.kubernetes.io/instance-type": "g5.xlarge"}), [large], CATALOG)
    assert not shortages(asked(4, nodeSelector={"node.kubernetes.io/instance-type": "g5.12xlarge"}), [], CATALOG)
    small = pool("g2-standard-4").model_copy(update={"pool": "small"})
    assert shortages(asked(2, nodeSelector={"cloud.google.com/gke-nodepool": "small"}), [large, small], CATALOG)
    assert not shortages(asked(2, nodeSelector={"cloud.google.com/gke-nodepool": "elsewhere"}), [small], CATALOG)


def test_the_containers_of_a_pod_add_up_and_chips_are_told_apart() -> None:
    token, props = deployment(1)
    containers = props["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "second", "resources": {"limits": {NVIDIA: "1", "aws.amazon.com/neuron": 1}}})

    found = asked_accelerators(token, props)

    assert found.accelerators == {NVIDIA: 2, "aws.amazon.com/neuron": 1}
    assert group("inf2.24xlarge").accelerators == {"aws.amazon.com/neuron": 6}
    assert len(shortages(found, [group("g5.12xlarge")], CATALOG)) == 1
    assert shortages(found, [group("g5.12xlarge"), group("inf2.24xlarge")], CATALOG) == []


def test_an_inference_component_needs_an_instance_with_as_many_devices() -> None:
    component = asked_devices("c", inference_component(2)[1])
    assert component is not None

    def said(*types: str) -> list[str]:
        variants = [raw_resources.variant(kind) for kind in types]
        return device_shortages(component, offered_devices(raw_resources.endpoint_configuration(*variants)[1], CATALOG))

    assert said("ml.g5.12xlarge") == []
    assert said() == []
    assert said("ml.m5.xlarge") == [
        "asks for 2 accelerator devices of variant `main`, and an instance of ml.m5.xlarge has 0; choose a larger `instanceType`"
    ]
    assert "nobody knows what ml.g9.huge has" in said("ml.g9.huge")[0]
    assert asked_devices("c", inference_component(0)[1]) is None
