"""Whether what a container asks for is on a node; only what is certain is said."""

from collections.abc import Sequence

from components.accelerators.asked import AskedAccelerators
from components.accelerators.inference_components import AskedDevices, OfferedDevices
from components.accelerators.offered import OfferedNodes, machine_accelerators
from components.catalog.catalog import Catalog
from components.catalog.services import Service

NODE_SERVICES = (Service.EC2, Service.COMPUTE_ENGINE)
ADD_ROW = "add its row to `prices.csv`"


def shortages(
    asked: AskedAccelerators, nodes: Sequence[OfferedNodes], catalog: Catalog, *, any_nodes: bool = False
) -> list[str]:
    """
    Return a sentence for each accelerator of which no node has as many as the pod asks for.

    A pod that names its machine type or its pool is held against that one. Another one is held against every pool of the
    stack; a stack that makes no nodes says nothing about the cluster that it deploys to.

    Args:
        asked: What one pod asks for.
        nodes: What each pool of the stack offers.
        catalog: Which machines have which accelerators.
        any_nodes: Whether the stack brings nodes of which nobody knows the machines.
    """
    if asked.instance_type is not None:
        offer = machine_accelerators(asked.instance_type, catalog, NODE_SERVICES)
        nodes = [OfferedNodes(pool="", what=asked.instance_type, accelerators=offer)]
    elif asked.pool is not None:
        nodes = [item for item in nodes if item.pool == asked.pool]
    elif any_nodes:
        return []
    found = list[str]()
    for resource, number in asked.accelerators.items() if nodes else ():
        known = [(item, item.accelerators.get(resource, 0)) for item in nodes if item.accelerators is not None]
        best = max(known, key=lambda offer: offer[1], default=None)
        if best is not None and best[1] >= number:
            continue
        if unknown := [item.what for item in nodes if item.accelerators is None]:
            found.append(f"asks for {number} `{resource}`, and nobody knows what {unknown[0]} has; {ADD_ROW}")
        elif best is not None:
            found.append(
                f"asks for {number} `{resource}` on one node, and the most that a node has is {best[1]} ({best[0].what}): "
                f"its pods stay pending; {f'ask for {best[1]} or ' if best[1] else ''}take a larger machine"
            )
    return found


def device_shortages(asked: AskedDevices, variants: Sequence[OfferedDevices]) -> list[str]:
    """Return a sentence if an inference component asks for more devices than an instance of its variant has."""
    own = [item for item in variants if item.variant == asked.variant]
    if not own or any(item.devices is not None and item.devices >= asked.devices for item in own):
        return []
    unknown = [item.instance_type for item in own if item.devices is None]
    asks = f"asks for {asked.devices} accelerator devices of variant `{asked.variant}`"
    if unknown:
        return [f"{asks}, and nobody knows what {unknown[0]} has; {ADD_ROW}"]
    best = max(own, key=lambda item: item.devices or 0)
    return [f"{asks}, and an instance of {best.instance_type} has {best.devices}; choose a larger `instanceType`"]
