"""Bounds that the autoscaler of a GKE node pool gets: for each zone, or for all zones together."""

from collections.abc import Mapping
from typing import Any

from components.cost.declared_resource import MalformedError
from components.endpoint_plan import PlanPart

EACH_ZONE, ALL_ZONES = ("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")


class PoolBounds(PlanPart):
    """
    Fewest and most nodes.

    Attributes:
        is_total: Whether they are of all zones together; otherwise of each.
    """

    minimum: int
    maximum: int
    is_total: bool


def pool_bounds(autoscaling: Mapping[str, Any]) -> PoolBounds:
    """
    Return the bounds that a pool's `autoscaling` sets.

    A bound of 0 counts as left out: Google's provider records `totalMinNodeCount: 0` and `totalMaxNodeCount: 0` beside the
    bounds of each zone.

    Raises:
        KeyError: There is no maximum.
        MalformedError: There are bounds of both kinds, of which GKE takes one (REST reference of NodePoolAutoscaling).
    """
    each, together = ([key for key in keys if int(autoscaling.get(key) or 0)] for keys in (EACH_ZONE, ALL_ZONES))
    if each and together:
        raise MalformedError(
            f"`{each[0]}` is of each zone and `{together[0]}` of all zones together; GKE takes bounds of one kind"
        )
    lowest, highest = ALL_ZONES if together else EACH_ZONE
    return PoolBounds(
        minimum=int(autoscaling.get(lowest) or 0), maximum=int(autoscaling[highest]), is_total=bool(together)
    )
