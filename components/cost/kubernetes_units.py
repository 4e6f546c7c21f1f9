"""What a cloud bills for objects of Kubernetes: volumes that claims make, load balancers that services make."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from components.autoscaling.workload_name import WorkloadName, made_workload
from components.catalog.unit_price import Item
from components.cost.billed_units import BilledUnits, CostKind, unknown_units
from components.cost.claimed_volumes import STATEFUL_SET, ClaimedVolumes
from components.cost.load_balancers import billed_balancer
from components.cost.machines import Count
from components.cost.pods import PodRequests, workload_pods
from components.cost.quantity import GIB, quantity

# Storage classes that EKS and GKE ship, and what each makes; another class is looked up by its own name.
STORAGE_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "gp2": Item.EBS_GP2,
        "gp3": Item.EBS_GP3,
        "standard": "pd-standard",
        "standard-rwo": Item.PD_BALANCED,
        "premium-rwo": "pd-ssd",
    }
)
UNNAMED_CLASS = "the cluster's default storage class"
AWS_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
# AWS makes a classic load balancer unless one of these annotations asks for a network load balancer.
KIND_ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-type"
NETWORK_KINDS = ("nlb", "nlb-ip", "external")
LOAD_BALANCER = "LoadBalancer"
# Classes of an ingress that a cloud's controller answers with a load balancer (AWS Load Balancer Controller, GKE documentation).
INGRESS_BALANCERS: Mapping[str, Item] = MappingProxyType(
    {
        "alb": Item.APPLICATION_LOAD_BALANCER,
        "gce": Item.FORWARDING_RULE,
        "gce-internal": Item.FORWARDING_RULE,
    }
)
INGRESS_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
# Classes whose controller runs in the cluster, behind one service of its own for all ingresses.
IN_CLUSTER_CLASSES = frozenset({"contour", "haproxy", "istio", "kong", "nginx", "traefik"})


def volume_claim(name: str, props: Mapping[str, Any], region: str) -> tuple[ClaimedVolumes, ...]:
    """Return the volume of a claim."""
    return (_volumes(name, props["spec"], region, 1, None),)


def stateful_set(name: str, props: Mapping[str, Any], region: str) -> tuple[ClaimedVolumes | PodRequests, ...]:
    """Return the pods of a StatefulSet, and a volume a replica for each of its templates."""
    pods = workload_pods(name, props, region)
    workload = made_workload(STATEFUL_SET, name, props)
    templates = props["spec"].get("volumeClaimTemplates") or ()
    return (*pods, *(_volumes(name, item["spec"], region, pods[0].replicas, workload) for item in templates))


def service(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return the load balancer of a service of that type; other services are free."""
    return tuple(_balancer(name, props, region))


def ingress(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return the load balancer of an ingress; none where its class runs in the cluster, an unknown one where nobody knows its class."""
    annotations = (props.get("metadata") or {}).get("annotations") or {}
    written = (props.get("spec") or {}).get("ingressClassName") or annotations.get(INGRESS_CLASS_ANNOTATION)
    if written in IN_CLUSTER_CLASSES:
        return ()
    item = INGRESS_BALANCERS.get(str(written))
    if item is not None:
        return (billed_balancer(name, item, region),)
    unknown = (
        f"whether ingress class `{written}` makes a load balancer is unknown"
        if written
        else "it names no class, so the cluster's default decides whether it makes a load balancer; write `ingressClassName`"
    )
    return (unknown_units(name, region, "an ingress", unknown, CostKind.LOAD_BALANCER),)


def _balancer(name: str, props: Mapping[str, Any], region: str) -> Iterator[BilledUnits]:
    if (props.get("spec") or {}).get("type") != LOAD_BALANCER:
        return
    if not AWS_REGION.fullmatch(region):
        yield billed_balancer(name, Item.FORWARDING_RULE, region)
        return
    annotations = (props.get("metadata") or {}).get("annotations") or {}
    network = annotations.get(KIND_ANNOTATION) in NETWORK_KINDS
    yield billed_balancer(name, Item.NETWORK_LOAD_BALANCER if network else Item.CLASSIC_LOAD_BALANCER, region)


def _volumes(
    name: str, spec: Mapping[str, Any], region: str, replicas: int, workload: WorkloadName | None
) -> ClaimedVolumes:
    storage_class = str(spec.get("storageClassName") or UNNAMED_CLASS)
    return ClaimedVolumes(
        resource=name,
        what=storage_class,
        item=STORAGE_CLASSES.get(storage_class, storage_class),
        region=region,
        size_gb=float(quantity(spec["resources"]["requests"]["storage"]) / GIB),
        count=Count(minimum=replicas, expected=replicas, maximum=replicas),
        workload=workload,
    )
