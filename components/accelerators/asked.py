"""Accelerators that a pod asks for, read from workloads that were written by hand."""

from collections.abc import Mapping
from typing import Any

from components.accelerators.offered import EXTENDED_RESOURCES, NVIDIA
from components.endpoint_plan import PlanPart

RESOURCE_NAMES = (NVIDIA, *dict.fromkeys(EXTENDED_RESOURCES.values()))
# Types of resources whose `spec.template` is a pod's.
WORKLOADS = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
)
# Labels that the providers and Karpenter put on a node (Kubernetes' well-known labels; EKS, GKE and Karpenter documentation).
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
POOL_LABELS = ("eks.amazonaws.com/nodegroup", "cloud.google.com/gke-nodepool", "karpenter.sh/nodepool")


class AskedAccelerators(PlanPart):
    """
    What one pod asks for; all of it must be on one node.

    Attributes:
        resource: Name of the workload.
        accelerators: Extended resource to number, those above 0.
        instance_type: The only machine type it runs on, where it names one.
        pool: The only group or pool it runs on, where it names one.
    """

    resource: str
    accelerators: dict[str, int]
    instance_type: str | None
    pool: str | None


def asked_accelerators(name: str, props: Mapping[str, Any]) -> AskedAccelerators:
    """Return the sum of what the pod's containers ask for; its limits count, which Kubernetes takes as requests too."""
    pod = (props["spec"].get("template") or {}).get("spec") or {}
    asked = dict.fromkeys(RESOURCE_NAMES, 0)
    for container in pod.get("containers") or ():
        limits = (container.get("resources") or {}).get("limits") or {}
        for resource in RESOURCE_NAMES:
            # One look at each: an unknown limit of the processor does not matter here.
            asked[resource] += int(limits.get(resource) or 0)
    accelerators = {resource: number for resource, number in asked.items() if number > 0}
    selector = (pod.get("nodeSelector") or {}) if accelerators else {}
    pools = [str(selector[label]) for label in POOL_LABELS if label in selector]
    return AskedAccelerators(
        resource=name,
        accelerators=accelerators,
        instance_type=str(selector[INSTANCE_TYPE_LABEL]) if INSTANCE_TYPE_LABEL in selector else None,
        pool=pools[0] if pools else None,
    )
