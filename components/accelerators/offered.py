"""Accelerators of the nodes that a stack makes, read from node groups and node pools that were written by hand."""

from collections.abc import Mapping
from typing import Any

from components.catalog.catalog import Catalog
from components.catalog.services import Service
from components.cost.declared_resource import if_known
from components.cost.eks import node_group as rented_node_group
from components.cost.gke import DEFAULT_TYPE
from components.cost.gke_inline_pools import inline_pools
from components.endpoint_plan import PlanPart

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_POOL = "gcp:container/nodePool:NodePool"
GKE_CLUSTER = "gcp:container/cluster:Cluster"

# Beginning of a chip's name in the catalog to the extended resource by which a container asks for it; every other chip is
# a GPU of NVIDIA.
EXTENDED_RESOURCES = {
    "inferentia": "aws.amazon.com/neuron",
    "trainium": "aws.amazon.com/neuron",
    "tpu": "google.com/tpu",
}
NVIDIA = "nvidia.com/gpu"


class OfferedNodes(PlanPart):
    """
    Nodes of one kind.

    Attributes:
        pool: Name of the group or pool in its cluster.
        what: Their machine types, for people.
        accelerators: Extended resource to how many one node has; None where that is unknown.
    """

    pool: str
    what: str
    accelerators: dict[str, int] | None


def machine_accelerators(name: str, catalog: Catalog, services: tuple[Service, ...]) -> dict[str, int] | None:
    """Return the accelerators of a machine type, which do not depend on the region; None for a type nobody knows."""
    found = next(
        (row.instance for row in catalog.rows if row.instance.name == name and row.instance.service in services), None
    )
    if found is None:
        return None
    if found.accelerator is None:
        return {}
    return {extended_resource(found.accelerator): found.accelerator_count or 1}


def extended_resource(chip: str) -> str:
    """Return the name by which a container asks for a chip."""
    return next((name for start, name in EXTENDED_RESOURCES.items() if chip.startswith(start)), NVIDIA)


def node_group(name: str, props: Mapping[str, Any], catalog: Catalog) -> tuple[OfferedNodes, ...]:
    """Return what a managed node group of EKS offers: the most that one of its types has."""
    (rented,) = rented_node_group(name, props, "")
    offers = [machine_accelerators(item, catalog, (Service.EC2,)) for item in rented.names]
    known = [offer for offer in offers if offer is not None]
    return (
        OfferedNodes(
            pool=str(if_known(props, "nodeGroupName") or name),
            what=" or ".join(rented.names),
            accelerators=_most(known) if len(known) == len(offers) else None,
        ),
    )


def node_pool(name: str, props: Mapping[str, Any], catalog: Catalog) -> tuple[OfferedNodes, ...]:
    """Return what a node pool of GKE offers: chips of the machine type, and those that are attached or shared."""
    return (_pool(str(if_known(props, "name") or name), props, catalog),)


def cluster(name: str, props: Mapping[str, Any], catalog: Catalog) -> tuple[OfferedNodes, ...]:
    """Return what the pools offer that a cluster of GKE declares itself; pools of their own are resources of their own."""
    return tuple(_pool(pool.name or f"{name}, {pool.what}", pool.props, catalog) for pool in inline_pools(props))


def _pool(pool: str, props: Mapping[str, Any], catalog: Catalog) -> OfferedNodes:
    config = props.get("nodeConfig") or {}
    machine = str(config.get("machineType") or DEFAULT_TYPE)
    attached = [_attached(item) for item in config.get("guestAccelerators") or ()]
    offers = [*attached, machine_accelerators(machine, catalog, (Service.COMPUTE_ENGINE, Service.CLOUD_TPU))]
    known = [offer for offer in offers if offer is not None]
    is_known = len(known) == len(offers) or bool(attached and None not in attached)
    return OfferedNodes(pool=pool, what=machine, accelerators=_most(known) if is_known else None)


def _attached(accelerator: Mapping[str, Any]) -> dict[str, int] | None:
    """Return the chips that a pool attaches; None where each is cut into parts, whose number the pool does not say."""
    if accelerator.get("gpuPartitionSize"):
        return None
    shared = accelerator.get("gpuSharingConfig") or {}
    clients = int(shared.get("maxSharedClientsPerGpu") or 1)
    return {extended_resource(str(accelerator["type"]).removeprefix("nvidia-")): int(accelerator["count"]) * clients}


def _most(offers: list[dict[str, int]]) -> dict[str, int]:
    return {name: max(offer.get(name, 0) for offer in offers) for offer in offers for name in offer}


# A row here makes a type count.
OFFERS = {NODE_GROUP: node_group, NODE_POOL: node_pool, GKE_CLUSTER: cluster}
