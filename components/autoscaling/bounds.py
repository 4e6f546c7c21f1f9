"""Bounds that an autoscaler gets, read from resources that were written by hand, and what makes no sense in them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from components.endpoint_plan import PlanPart

HORIZONTAL_POD_AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"


class Bounds(PlanPart):
    """
    What one autoscaler may do.

    Attributes:
        what: Which part of the resource, where it has several; empty otherwise.
        minimum: Fewest replicas or nodes.
        maximum: Most of them.
        start: The number that it starts with; None where the resource does not say.
    """

    what: str = ""
    minimum: int
    maximum: int
    start: int | None = None


def broken_bounds(bounds: Bounds) -> list[str]:
    """Return what an autoscaler cannot do, or will never do, with these bounds."""
    part = f"{bounds.what}: " if bounds.what else ""
    found = list[str]()
    if bounds.minimum < 0:
        found.append(f"{part}the minimum {bounds.minimum} is negative; set it to 0 or more")
    if bounds.maximum < 1:
        found.append(f"{part}the maximum {bounds.maximum} lets nothing run; set it to 1 or more")
    elif bounds.minimum > bounds.maximum:
        found.append(f"{part}the minimum {bounds.minimum} is over the maximum {bounds.maximum}; raise the maximum")
    elif bounds.start is not None and not bounds.minimum <= bounds.start <= bounds.maximum:
        found.append(
            f"{part}it starts with {bounds.start}, outside {bounds.minimum} to {bounds.maximum}; "
            "start within the bounds, or the first change scales it away"
        )
    return found


def _node_group(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    scaling = props["scalingConfig"]
    return (
        Bounds(minimum=int(scaling["minSize"]), maximum=int(scaling["maxSize"]), start=int(scaling["desiredSize"])),
    )


def _node_pool(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    scaling = props.get("autoscaling")
    if not scaling:
        return ()
    names = (
        ("totalMinNodeCount", "totalMaxNodeCount")
        if "totalMaxNodeCount" in scaling
        else ("minNodeCount", "maxNodeCount")
    )
    return (Bounds(minimum=int(scaling.get(names[0]) or 0), maximum=int(scaling[names[1]])),)


def _endpoint_configuration(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return tuple(
        Bounds(
            what=f"variant `{variant.get('variantName')}`",
            minimum=int(scaling["minInstanceCount"]),
            maximum=int(scaling["maxInstanceCount"]),
            start=None if variant.get("initialInstanceCount") is None else int(variant["initialInstanceCount"]),
        )
        for variant in props.get("productionVariants") or ()
        if (scaling := variant.get("managedInstanceScaling"))
    )


def _scaling_target(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return (Bounds(minimum=int(props["minCapacity"]), maximum=int(props["maxCapacity"])),)


def _pod_autoscaler(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    spec = props["spec"]
    # Kubernetes takes 1 where no minimum is given (API reference, HorizontalPodAutoscalerSpec v2).
    return (Bounds(minimum=int(spec.get("minReplicas", 1)), maximum=int(spec["maxReplicas"])),)


# A row here makes a type count; the reader gets plain properties.
BOUNDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Bounds, ...]]] = MappingProxyType(
    {
        "aws:eks/nodeGroup:NodeGroup": _node_group,
        "gcp:container/nodePool:NodePool": _node_pool,
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _endpoint_configuration,
        "aws:appautoscaling/target:Target": _scaling_target,
        HORIZONTAL_POD_AUTOSCALER: _pod_autoscaler,
    }
)
