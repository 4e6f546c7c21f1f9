"""Bounds that an autoscaler gets, read from resources that were written by hand, and what makes no sense in them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from components.endpoint_plan import PlanPart

# Pods are scaled by these, and so their number of replicas is not the program's.
HORIZONTAL_POD_AUTOSCALERS = frozenset(
    {"kubernetes:autoscaling/v1:HorizontalPodAutoscaler", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"}
)
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
POD_AUTOSCALERS = HORIZONTAL_POD_AUTOSCALERS | {SCALED_OBJECT}
# What KEDA takes where nothing is written (its ScaledObject specification).
KEDA_MINIMUM, KEDA_MAXIMUM = 0, 100
VERTEX_ENDPOINT = "gcp:vertex/aiEndpoint:AiEndpoint"
# Their bounds are outputs that the cloud tells of, and that no program of the provider can set: not known is not wrong.
OUTPUT_BOUNDS = frozenset({VERTEX_ENDPOINT})
# Where one of these is set the provider lists pools that are resources of their own, or Google's, as the cluster's.
POOLS_ELSEWHERE = ("enableAutopilot", "removeDefaultNodePool", "initialNodeCount")


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


def _cluster(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    if any(props.get(name) for name in POOLS_ELSEWHERE):
        return ()
    return tuple(
        bounds.model_copy(update={"what": f"pool `{pool.get('name') or number}`"})
        for number, pool in enumerate(props.get("nodePools") or ())
        for bounds in _node_pool(pool)
    )


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
    # Kubernetes takes 1 where no minimum is given (API reference, HorizontalPodAutoscalerSpec v1 and v2).
    return (Bounds(minimum=_or(spec.get("minReplicas"), 1), maximum=int(spec["maxReplicas"])),)


def _scaled_object(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    spec = props["spec"]
    minimum, maximum = _or(spec.get("minReplicaCount"), KEDA_MINIMUM), _or(spec.get("maxReplicaCount"), KEDA_MAXIMUM)
    return (Bounds(minimum=minimum, maximum=maximum),)


def _vertex_pool(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return (_dedicated(props["dedicatedResources"], ""),)


def _vertex_deployment(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    dedicated = (props.get("deployConfig") or {}).get("dedicatedResources")
    return (_dedicated(dedicated, ""),) if dedicated else ()


def _vertex_endpoint(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    models: Sequence[Mapping[str, Any]] = props.get("deployedModels") or []
    return tuple(
        _dedicated(resources, f"model {model.get('displayName') or number}")
        for number, model in enumerate(models)
        for resources in model.get("dedicatedResources") or ()
    )


def _dedicated(resources: Mapping[str, Any], what: str) -> Bounds:
    minimum = int(resources["minReplicaCount"])
    # Vertex AI takes the minimum where no maximum is given (REST reference of DedicatedResources).
    return Bounds(what=what, minimum=minimum, maximum=_or(resources.get("maxReplicaCount"), minimum))


def _or(written: Any, default: int) -> int:  # noqa: ANN401 - any JSON value
    return default if written is None else int(written)


# A row here makes a type count; the reader gets plain properties.
BOUNDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Bounds, ...]]] = MappingProxyType(
    {
        "aws:eks/nodeGroup:NodeGroup": _node_group,
        "gcp:container/nodePool:NodePool": _node_pool,
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _endpoint_configuration,
        "aws:appautoscaling/target:Target": _scaling_target,
        "gcp:container/cluster:Cluster": _cluster,
        "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool": _vertex_pool,
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": _vertex_deployment,
        VERTEX_ENDPOINT: _vertex_endpoint,
        **dict.fromkeys(HORIZONTAL_POD_AUTOSCALERS, _pod_autoscaler),
        SCALED_OBJECT: _scaled_object,
    }
)
