"""Zones of GKE node pools that name none: those of their cluster, which is another resource of the stack."""

from collections.abc import Collection, Iterable, Sequence

from components.cost.cluster_nodes import CLUSTER_OF, cluster_name
from components.cost.declared_resource import MALFORMED, DeclaredResource, is_unknown
from components.cost.gke import cluster_zones

CLUSTER, NODE_POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"


def with_cluster_zones(resources: Sequence[DeclaredResource]) -> tuple[DeclaredResource, ...]:
    """
    Return the resources, each node pool that names no `nodeLocations` with those of its cluster.

    Where which cluster it is isn't known before an `up`, the one with the most zones counts: an estimate may be too high,
    never too low. A pool of a cluster that is not in the stack stays as it is.
    """
    clusters = tuple(resource for resource in resources if resource.type == CLUSTER)
    if not clusters:
        return tuple(resources)
    return tuple(_with_zones(resource, clusters) if resource.type == NODE_POOL else resource for resource in resources)


def _with_zones(pool: DeclaredResource, clusters: Sequence[DeclaredResource]) -> DeclaredResource:
    if pool.props.get("nodeLocations"):
        return pool
    name = cluster_name(pool.props, CLUSTER_OF[NODE_POOL])
    zones = _widest(item for item in clusters if name is None or cluster_name(item.props, "name") in (None, name))
    return pool.model_copy(update={"props": {**pool.props, "nodeLocations": zones}}) if zones else pool


def _widest(clusters: Iterable[DeclaredResource]) -> str | list[str]:
    """Return the zones of the cluster that has most, or the engine's mark where those of one are not known."""
    widest = list[str]()
    for cluster in clusters:
        named, location = cluster.props.get("nodeLocations"), cluster.props.get("location")
        for value in (named, location):
            if is_unknown(value):
                return str(value)
        widest = max(widest, sorted(_zones(cluster, str(location))), key=len)
    return widest


def _zones(cluster: DeclaredResource, location: str) -> Collection[str]:
    try:
        return cluster_zones(cluster.props, location)
    except MALFORMED:
        # What is wrong with the cluster, its own line says.
        return ()
