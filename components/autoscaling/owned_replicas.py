"""Replica counts that two owners set: an autoscaler, and the program, which undoes the autoscaler's work at each `up`."""

from collections.abc import Iterable, Mapping
from typing import Any

from components.endpoint_plan import PlanPart

# Kind of what an autoscaler scales to the type of resource that makes it.
WORKLOADS = {"Deployment": "kubernetes:apps/v1:Deployment", "StatefulSet": "kubernetes:apps/v1:StatefulSet"}


class Workload(PlanPart):
    """A workload of Kubernetes: its name in the cluster, and whether the program sets its number of replicas."""

    resource: str
    kind: str
    namespace: str
    name: str
    sets_replicas: bool


class Scaler(PlanPart):
    """An autoscaler and what it scales."""

    resource: str
    kind: str
    namespace: str
    name: str


def workload(resource: str, kind: str, props: Mapping[str, Any]) -> Workload:
    """Return what a Deployment or StatefulSet says of its replicas."""
    metadata = props.get("metadata") or {}
    return Workload(
        resource=resource,
        kind=kind,
        namespace=str(metadata.get("namespace") or "default"),
        name=str(metadata.get("name") or resource),
        sets_replicas=(props.get("spec") or {}).get("replicas") is not None,
    )


def scaler(resource: str, props: Mapping[str, Any]) -> Scaler:
    """Return what an autoscaler of pods scales; KEDA's scales a Deployment where it names no kind."""
    target = props["spec"]["scaleTargetRef"]
    namespace = (props.get("metadata") or {}).get("namespace") or "default"
    return Scaler(
        resource=resource,
        kind=str(target.get("kind") or "Deployment"),
        namespace=str(namespace),
        name=str(target["name"]),
    )


def owned_twice(workloads: Iterable[Workload], scalers: Iterable[Scaler]) -> list[tuple[str, str]]:
    """Return (resource, sentence) for each workload whose replicas the program sets although an autoscaler owns them."""
    owners = {(item.kind, item.namespace, item.name): item.resource for item in scalers}
    return [
        (
            item.resource,
            f"sets `spec.replicas`, which the autoscaler `{owner}` owns: each `up` scales it back; leave `replicas` out",
        )
        for item in workloads
        if item.sets_replicas and (owner := owners.get((item.kind, item.namespace, item.name)))
    ]
