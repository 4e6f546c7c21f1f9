"""Clusters of a stack without nodes in it: pods may run there, and then nobody counts the machines that they run on."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from components.cost.billed_units import BilledUnits
from components.cost.declared_resource import DeclaredResource, is_unknown
from components.cost.machines import RentedMachines
from components.cost.raw_resources import Billed

CLUSTERS = frozenset({"aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster"})
# Type of a pool of nodes to the property that names its cluster, or that is its id, which ends with the name.
CLUSTER_OF: Mapping[str, str] = MappingProxyType(
    {"aws:eks/nodeGroup:NodeGroup": "clusterName", "gcp:container/nodePool:NodePool": "cluster"}
)


def clusters_without_nodes(read: Iterable[tuple[DeclaredResource, Sequence[Billed]]]) -> tuple[str, ...]:
    """
    Return the resources of clusters that have no nodes of their own and that no pool of the stack belongs to.

    A pool whose cluster is not known before an `up` may belong to each of them, so it takes one away.

    Args:
        read: Each resource that is billed, and what for; nothing where it cannot be read, which is unknown as it is.
    """
    listed = tuple(read)
    clusters = [item for item, _ in listed if item.type in CLUSTERS]
    bare = [item for item, found in listed if item.type in CLUSTERS and found and not any(map(_is_of_nodes, found))]
    names = {cluster_name(item.props, "name") for item in clusters}
    references = [cluster_name(item.props, CLUSTER_OF[item.type]) for item, _ in listed if item.type in CLUSTER_OF]
    named = {reference for reference in references if reference is not None}
    empty = [item.name for item in bare if cluster_name(item.props, "name") not in named]
    unplaced = [item for item in references if item is None or (None in names and item not in names)]
    return tuple(empty) if len(empty) > len(unplaced) else ()


def _is_of_nodes(item: Billed) -> bool:
    """Return whether a line is of nodes: of machines, or of something that a cluster rents and that has no price."""
    return isinstance(item, RentedMachines) or (isinstance(item, BilledUnits) and item.amount is None)


def cluster_name(props: Mapping[str, Any], key: str) -> str | None:
    """Return the name of a cluster that a property holds, itself or at the end of an id; None where it is not known."""
    value = props.get(key)
    return None if value is None or is_unknown(value) else str(value).rpartition("/")[2]
