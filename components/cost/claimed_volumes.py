"""Volumes that a StatefulSet claims, one a replica: as many as the autoscaler of its pods may start."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from components.autoscaling.bounds import BOUNDS
from components.autoscaling.workload_name import WorkloadName, scaled_workload
from components.cost.billed_units import BilledUnits, storage
from components.cost.machines import LARGEST, Count
from components.cost.month import number
from components.endpoint_plan import PlanPart

STATEFUL_SET = "StatefulSet"


class ClaimedVolumes(PlanPart):
    """
    Volumes of one size.

    Attributes:
        resource: Name of the resource that claims them.
        what: Their storage class, for people.
        item: What the catalog prices.
        count: How many: as many as there are replicas.
        workload: The StatefulSet whose replicas have one each; None for a claim of its own.
    """

    resource: str
    what: str
    item: str
    region: str
    size_gb: float = Field(ge=0, le=LARGEST)
    count: Count
    workload: WorkloadName | None = None

    def units(self) -> BilledUnits:
        """Return what is billed for them."""
        what = f"{number(self.count)} x {self.size_gb:g} GB of {self.what}"
        return storage(self.resource, what, self.item, self.region, self.size_gb, self.count)


class ReplicaBounds(PlanPart):
    """How many replicas an autoscaler of pods may run, and of which StatefulSet."""

    workload: WorkloadName
    minimum: int = Field(ge=0, le=LARGEST)
    maximum: int = Field(ge=0, le=LARGEST)


def replica_bounds(kind: str, props: Mapping[str, Any]) -> tuple[ReplicaBounds, ...]:
    """
    Return what an autoscaler of pods allows; nothing where it scales something else than a StatefulSet.

    Args:
        kind: Token of the autoscaler's type.
        props: Of it.
    """
    workload = scaled_workload(props)
    if workload.kind not in {STATEFUL_SET, None}:
        return ()
    return tuple(
        ReplicaBounds(workload=workload, minimum=bounds.minimum, maximum=bounds.maximum)
        for bounds in BOUNDS[kind](props)
    )


def with_replica_bounds(
    volumes: Iterable[ClaimedVolumes], scalers: Iterable[ReplicaBounds]
) -> tuple[ClaimedVolumes, ...]:
    """
    Return the volumes, as many as autoscalers may start replicas of their StatefulSet.

    Where several autoscalers may scale it, the widest bounds count: an estimate may be too high, never too low.
    """
    known = tuple(scalers)
    return tuple(item.model_copy(update={"count": _count(item, known)}) for item in volumes)


def _count(volumes: ClaimedVolumes, scalers: Iterable[ReplicaBounds]) -> Count:
    return volumes.count.scaled([(item.minimum, item.maximum) for item in scalers if _scales(item, volumes)])


def _scales(scaler: ReplicaBounds, volumes: ClaimedVolumes) -> bool:
    return volumes.workload is not None and scaler.workload.may_be(volumes.workload)
