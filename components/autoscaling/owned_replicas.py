"""Replica counts that two owners set: two autoscalers, or one and the program, which undoes its work at each `up`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.autoscaling.workload_name import WorkloadName, made_workload, scaled_workload
from components.cost.declared_resource import UnknownPropertyError
from components.endpoint_plan import PlanPart

# Kind of what an autoscaler scales to the type of resource that makes it.
WORKLOADS = {"Deployment": "kubernetes:apps/v1:Deployment", "StatefulSet": "kubernetes:apps/v1:StatefulSet"}
REPLICAS = ("spec", "replicas")
# A step of a property path of Pulumi: `spec.replicas`, `spec["replicas"]`.
STEP = re.compile(r"[^.\[\]\"]+")
ANY_STEP = "*"


class Scaled(PlanPart):
    """
    A workload of Kubernetes, of which a resource tells.

    Attributes:
        resource: What the program calls the resource.
        cluster: Which one the workload is in; two resources are of one cluster where theirs are equal.
        workload: Which one it is there.
    """

    resource: str
    cluster: str
    workload: WorkloadName

    @property
    def key(self) -> tuple[str | None, ...]:
        """What tells the workload from all others, as far as it is known."""
        return self.cluster, *self.workload.parts

    @property
    def is_known(self) -> bool:
        """Whether its whole key is known."""
        return None not in self.key

    def may_be(self, other: "Scaled") -> bool:
        """Return whether both may tell of one workload."""
        return self.cluster == other.cluster and self.workload.may_be(other.workload)


class Workload(Scaled):
    """A workload, and whether the program sets its number of replicas."""

    sets_replicas: bool


class Scaler(Scaled):
    """An autoscaler, by what it scales."""


def workload(resource: str, cluster: str, kind: str, props: Mapping[str, Any], ignored: Sequence[str]) -> Workload:
    """
    Return what a program says of the replicas of a Deployment or StatefulSet.

    Args:
        resource: What the program calls it.
        cluster: That it is in.
        kind: Of it in Kubernetes.
        props: What the program wrote; the API server writes `replicas` where it is left out.
        ignored: Paths of properties whose changes the program ignores, so that it sets them once, when it creates them.
    """
    return Workload(
        resource=resource,
        cluster=cluster,
        workload=made_workload(kind, resource, props),
        sets_replicas=not any(_holds_replicas(path) for path in ignored) and _writes_replicas(props),
    )


def scaler(resource: str, cluster: str, props: Mapping[str, Any]) -> Scaler:
    """
    Return what an autoscaler of pods scales.

    Raises:
        KeyError: It names nothing.
    """
    return Scaler(resource=resource, cluster=cluster, workload=scaled_workload(props))


def owned_twice(workloads: Iterable[Workload], scalers: Iterable[Scaler]) -> list[tuple[str, str]]:
    """
    Return (resource, sentence) for each workload, and each further autoscaler, that sets what an autoscaler owns.

    Where a name is not known before an `up`, those are among them that may do so; where none may, nobody has to know it.
    """
    owners, found = _Owners(), list[tuple[str, str]]()
    for item in scalers:
        if owner := owners.of(item):
            found.append((item.resource, _rival(item, owner)))
        owners.add(item)
    for scaled in workloads:
        if scaled.sets_replicas and (owner := owners.of(scaled)):
            found.append((scaled.resource, _undone(scaled, owner)))
    return found


class _Owners:
    """Autoscalers by what they scale."""

    def __init__(self) -> None:
        self._first = dict[tuple[str | None, ...], Scaler]()
        self._vague = list[Scaler]()

    def add(self, item: Scaler) -> None:
        self._first.setdefault(item.key, item)
        if not item.is_known:
            self._vague.append(item)

    def of(self, item: Scaled) -> Scaler | None:
        """Return the autoscaler that owns a workload, or else one that may."""
        if item.is_known and item.key in self._first:
            return self._first[item.key]
        others = self._vague if item.is_known else self._first.values()
        return next((owner for owner in others if owner.may_be(item)), None)


def _rival(item: Scaler, owner: Scaler) -> str:
    unknown = _not_known(item, owner)
    if unknown:
        return f"may scale what `{owner.resource}` scales: {unknown}"
    return f"scales what `{owner.resource}` scales: each undoes what the other does; keep one"


def _undone(item: Workload, owner: Scaler) -> str:
    unknown = _not_known(item, owner)
    if unknown:
        return (
            f"sets `spec.replicas`, which the autoscaler `{owner.resource}` may own: {unknown}, or leave `replicas` out"
        )
    undone = f"sets `spec.replicas`, which the autoscaler `{owner.resource}` owns: each `up` scales it back"
    return f"{undone}; leave `replicas` out, or ignore its changes"


def _not_known(*items: Scaled) -> str:
    """Return what is not known of these workloads, and what to do; nothing where all is."""
    parts = [
        f"the {part} of the workload of `{item.resource}`"
        for item in items
        for part, value in item.workload.model_dump().items()
        if value is None
    ]
    return f"{' and '.join(parts)} can't be known during preview; make it known" if parts else ""


def _writes_replicas(props: Mapping[str, Any]) -> bool:
    try:
        return (props.get("spec") or {}).get("replicas") is not None
    except UnknownPropertyError:
        return True


def _holds_replicas(path: str) -> bool:
    """Return whether a path is that of the replicas, or of something that they are a part of."""
    steps = STEP.findall(path)
    return bool(steps) and all(step in (part, ANY_STEP) for step, part in zip(steps, REPLICAS, strict=False))
