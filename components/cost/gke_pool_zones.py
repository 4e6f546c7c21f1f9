"""Zones of GKE node pools that name none: those of their cluster, which is another resource of the stack."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.cost.cluster_nodes import CLUSTER_OF, cluster_name
from components.cost.declared_resource import MALFORMED, DeclaredResource, UnknownPropertyError, is_unknown, known
from components.cost.gke import cluster_zones, zone_count

CLUSTER, NODE_POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
# The id of a cluster says where it is (pulumi-gcp, `Cluster`, import).
CLUSTER_ID = re.compile(r".*locations/(?P<location>[^/]+)/clusters/[^/]+")


def with_cluster_zones(resources: Sequence[DeclaredResource]) -> tuple[DeclaredResource, ...]:
    """
    Return the resources, each node pool that names no `nodeLocations` with those of its cluster.

    Where which cluster it is isn't known before an `up`, the one with the most zones counts: an estimate may be too high,
    never too low. A pool of a cluster that is not in the stack stays as it is, and so does one of a regional cluster that
    names no zones.
    """
    clusters = tuple(resource for resource in resources if resource.type == CLUSTER)
    if not clusters:
        return tuple(resources)
    return tuple(_with_zones(resource, clusters) if resource.type == NODE_POOL else resource for resource in resources)


def _with_zones(pool: DeclaredResource, clusters: Sequence[DeclaredResource]) -> DeclaredResource:
    if pool.props.get("nodeLocations"):
        return pool
    name, location = cluster_name(pool.props, CLUSTER_OF[NODE_POOL]), _pool_location(pool.props)
    zones = _widest((item.props for item in clusters if _may_be(item.props, name, location)), location)
    return pool.model_copy(update={"props": {**pool.props, "nodeLocations": zones}}) if zones else pool


def _pool_location(props: Mapping[str, Any]) -> str | None:
    """Return the region or the zone of a pool's cluster; None where it is not known."""
    written = props.get("location")
    if written is None:
        found = CLUSTER_ID.fullmatch(str(props.get(CLUSTER_OF[NODE_POOL])))
        return found["location"] if found else None
    return None if is_unknown(written) else str(written)


def _may_be(cluster: Mapping[str, Any], name: str | None, location: str | None) -> bool:
    """Return whether this may be the cluster of that name there; there may be one of the same name elsewhere."""
    return (name is None or cluster_name(cluster, "name") in (None, name)) and (
        location is None or _location(cluster, location) == location
    )


def _location(cluster: Mapping[str, Any], default: str | None) -> str | None:
    written = cluster.get("location")
    return default if written is None or is_unknown(written) else str(written)


def _widest(clusters: Iterable[Mapping[str, Any]], location: str | None) -> Any:  # noqa: ANN401 - any JSON value
    """
    Return the zones of the cluster that has most; nothing where it names none.

    Where those of one cannot be read, return what it has in their place: reading the pool then says what is wrong.
    """
    found = list[list[str]]()
    for cluster in clusters:
        where = _location(cluster, location)
        if where is None and is_unknown(cluster.get("location")):
            return cluster["location"]
        try:
            found.append(sorted(cluster_zones(known(cluster), where or "")))
        except (UnknownPropertyError, *MALFORMED):
            return cluster["nodeLocations"]
    return max(found, key=zone_count, default=[])
