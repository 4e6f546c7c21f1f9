"""Replica counts that two owners set: two autoscalers, or one and the program, which undoes its work at each `up`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
        kind: Of the workload in Kubernetes.
    """

    resource: str
    cluster: str
    kind: str
    namespace: str
    name: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells the workload from all others."""
        return self.cluster, self.kind, self.namespace, self.name


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
    metadata = props.get("metadata") or {}
    return Workload(
        resource=resource,
        cluster=cluster,
        kind=kind,
        namespace=str(metadata.get("namespace") or "default"),
        name=str(metadata.get("name") or resource),
        sets_replicas=not any(_holds_replicas(path) for path in ignored)
        and (props.get("spec") or {}).get("replicas") is not None,
    )


def scaler(resource: str, cluster: str, props: Mapping[str, Any]) -> Scaler:
    """Return what an autoscaler of pods scales; KEDA's scales a Deployment where it names no kind."""
    target = props["spec"]["scaleTargetRef"]
    namespace = (props.get("metadata") or {}).get("namespace") or "default"
    return Scaler(
        resource=resource,
        cluster=cluster,
        kind=str(target.get("kind") or "Deployment"),
        namespace=str(namespace),
        name=str(target["name"]),
    )


def owned_twice(workloads: Iterable[Workload], scalers: Iterable[Scaler]) -> list[tuple[str, str]]:
    """Return (resource, sentence) for each workload, and each further autoscaler, that sets what an autoscaler owns."""
    owners, found = dict[tuple[str, str, str, str], Scaler](), list[tuple[str, str]]()
    for item in scalers:
        owner = owners.setdefault(item.key, item)
        if owner is not item:
            found.append(
                (item.resource, f"scales what `{owner.resource}` scales: each undoes what the other does; keep one")
            )
    for scaled in workloads:
        owned_by = owners.get(scaled.key)
        if scaled.sets_replicas and owned_by:
            undone = f"sets `spec.replicas`, which the autoscaler `{owned_by.resource}` owns: each `up` scales it back"
            found.append((scaled.resource, f"{undone}; leave `replicas` out, or ignore its changes"))
    return found


def _holds_replicas(path: str) -> bool:
    """Return whether a path is that of the replicas, or of something that they are a part of."""
    steps = STEP.findall(path)
    return bool(steps) and all(step in (part, ANY_STEP) for step, part in zip(steps, REPLICAS, strict=False))
