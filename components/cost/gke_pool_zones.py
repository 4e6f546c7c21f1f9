"""Where GKE node pools run that do not say so: where their cluster does, which is another resource of the stack."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.cost.cluster_nodes import CLUSTER_OF, cluster_name
from components.cost.declared_resource import MALFORMED, DeclaredResource, UnknownPropertyError, is_unknown, known
from components.cost.gke import cluster_zones, region_of, zone_count

CLUSTER, NODE_POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
# The id of a cluster says where it is, and so where its pools are (pulumi-gcp, `NodePool.cluster`).
CLUSTER_ID = re.compile(r".*locations/(?P<location>[^/]+)/clusters/[^/]+")


def with_placed_pools(resources: Sequence[DeclaredResource]) -> tuple[DeclaredResource, ...]:
    """
    Return the resources, each node pool with the `location` and the `nodeLocations` of its cluster where it has none.

    Where which cluster it is isn't known before an `up`, the one with the most zones counts: an estimate may be too high,
    never too low; and the location does where all that it may be of are in one region. A pool of a cluster that is not in
    the stack has the location that the cluster's id names; one of a regional cluster that names no zones has none either.
    """
    clusters = tuple(resource.props for resource in resources if resource.type == CLUSTER)
    return tuple(_placed(resource, clusters) if resource.type == NODE_POOL else resource for resource in resources)


def _placed(pool: DeclaredResource, clusters: Sequence[Mapping[str, Any]]) -> DeclaredResource:
    props = pool.props
    name, location = cluster_name(props, CLUSTER_OF[NODE_POOL]), _pool_location(props)
    own = [cluster for cluster in clusters if _may_be(cluster, name, location)]
    where = location or (_region(own) if props.get("location") is None else None)
    zones = None if props.get("nodeLocations") else _widest(own, location)
    found = {key: value for key, value in (("location", where), ("nodeLocations", zones)) if value}
    return pool.model_copy(update={"props": {**props, **found}}) if found else pool


def _pool_location(props: Mapping[str, Any]) -> str | None:
    """Return the region or the zone of a pool's cluster; None where it is not known."""
    found = CLUSTER_ID.fullmatch(str(props.get(CLUSTER_OF[NODE_POOL])))
    if found:
        return found["location"]
    written = props.get("location")
    return None if written is None or is_unknown(written) else str(written)


def _may_be(cluster: Mapping[str, Any], name: str | None, location: str | None) -> bool:
    """Return whether this may be the cluster of that name there; there may be one of the same name elsewhere."""
    return (name is None or cluster_name(cluster, "name") in (None, name)) and (
        location is None or _location(cluster, location) == location
    )


def _location(cluster: Mapping[str, Any], default: str | None) -> str | None:
    written = cluster.get("location")
    return default if written is None or is_unknown(written) else str(written)


def _region(clusters: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the region of these clusters, or the engine's mark where that of one is not known; None without a single one."""
    written = [cluster.get("location") for cluster in clusters]
    mark = next(filter(is_unknown, written), None)
    if mark is not None:
        return str(mark)
    regions = {None if location is None else region_of(str(location)) for location in written}
    return regions.pop() if len(regions) == 1 else None


def _widest(clusters: Iterable[Mapping[str, Any]], location: str | None) -> Any:  # noqa: ANN401 - any JSON value
    """
    Return the zones of the cluster that has most; nothing where it names none.

    Where those of one cannot be read, return what it has in their place: reading the pool then says what is wrong.
    """
    found = list[list[str]]()
    for cluster in clusters:
        try:
            found.append(sorted(cluster_zones(known(cluster), _location(cluster, location) or "")))
        except (UnknownPropertyError, *MALFORMED):
            return cluster["nodeLocations"]
    return max(found, key=zone_count, default=[])
