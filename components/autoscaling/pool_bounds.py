"""Bounds that the autoscaler of a GKE node pool gets: for each zone, or for all zones together."""

from collections.abc import Mapping
from typing import Any

from components.endpoint_plan import PlanPart


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

    Those of all zones count where their maximum is over 0: Google's provider records `totalMinNodeCount: 0` and
    `totalMaxNodeCount: 0` beside the bounds of each zone.

    Raises:
        KeyError: There is no maximum.
    """
    total = int(autoscaling.get("totalMaxNodeCount") or 0)
    if total:
        return PoolBounds(minimum=int(autoscaling.get("totalMinNodeCount") or 0), maximum=total, is_total=True)
    lowest, highest = int(autoscaling.get("minNodeCount") or 0), int(autoscaling["maxNodeCount"])
    return PoolBounds(minimum=lowest, maximum=highest, is_total=False)
