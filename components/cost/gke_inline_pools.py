"""Pools that a GKE cluster declares inside of itself; pools that are resources of their own are not among them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from components.cost.declared_resource import if_known

# What GKE calls the first pool of a cluster (GKE documentation, "About node pools").
DEFAULT_POOL = "default-pool"


class InlinePool(NamedTuple):
    """
    One pool.

    Attributes:
        what: For people: `pool 0`.
        name: In the cluster; None where it has none, or none that is known before an `up`.
        props: As a node pool has them; of the default pool those of the cluster.
        is_default: Whether it has the zones of its cluster, and no bounds.
    """

    what: str
    name: str | None
    props: Mapping[str, Any]
    is_default: bool = False


def inline_pools(cluster: Mapping[str, Any]) -> tuple[InlinePool, ...]:
    """
    Return the pools that a cluster declares.

    Of Autopilot, and where the default pool is removed, the provider lists the pools that Google chooses, or that are
    resources of their own, as the cluster's; so it does beside a default pool.
    """
    if cluster.get("enableAutopilot") or cluster.get("removeDefaultNodePool"):
        return ()
    if cluster.get("initialNodeCount"):
        return (InlinePool("default pool", DEFAULT_POOL, cluster, is_default=True),)
    return tuple(
        InlinePool(f"pool {number}", str(name) if (name := if_known(pool, "name")) else None, pool)
        for number, pool in enumerate(cluster.get("nodePools") or ())
    )
