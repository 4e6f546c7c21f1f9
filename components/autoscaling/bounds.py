"""Bounds that an autoscaler gets, read from resources that were written by hand, and what makes no sense in them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from components.autoscaling.pool_bounds import pool_bounds
from components.cost.gke_inline_pools import inline_pools
from components.endpoint_plan import PlanPart

# Pods are scaled by these, and so their number of replicas is not the program's.
HORIZONTAL_POD_AUTOSCALERS = frozenset(
    f"kubernetes:autoscaling/{version}:HorizontalPodAutoscaler" for version in ("v1", "v2", "v2beta1", "v2beta2")
)
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
POD_AUTOSCALERS = HORIZONTAL_POD_AUTOSCALERS | {SCALED_OBJECT}
# What KEDA takes where nothing is written (its ScaledObject specification).
KEDA_MINIMUM, KEDA_MAXIMUM = 0, 100
# Metrics that are there without pods: Kubernetes scales to 0 by these alone (API reference of HorizontalPodAutoscalerSpec).
METRICS_WITHOUT_PODS = ("External", "Object")
SCALING_TARGET = "aws:appautoscaling/target:Target"
# Both have the same properties.
SCALING_TARGETS = frozenset({SCALING_TARGET, "aws-native:applicationautoscaling:ScalableTarget"})
VERTEX_ENDPOINT = "gcp:vertex/aiEndpoint:AiEndpoint"
# Their bounds are outputs that the cloud tells of, and that no program of the provider can set: not known is not wrong.
OUTPUT_BOUNDS = frozenset({VERTEX_ENDPOINT})
# Lists of an endpoint configuration that hold variants, and what one of each is called.
VARIANTS: Mapping[str, str] = MappingProxyType(
    {"productionVariants": "variant", "shadowProductionVariants": "shadow variant"}
)


class Bounds(PlanPart):
    """
    What one autoscaler may do.

    Attributes:
        what: Which part of the resource, where it has several; empty otherwise.
        minimum: Fewest replicas or nodes.
        maximum: Most of them.
        start: The number that it starts with; None where the resource does not say.
        idle: The number where there is nothing to do, for an autoscaler that has one beside its bounds.
        scales_to_zero: Whether what it measures is there without a replica.
    """

    what: str = ""
    minimum: int
    maximum: int
    start: int | None = None
    idle: int | None = None
    scales_to_zero: bool = True


def broken_bounds(bounds: Bounds) -> list[str]:
    """Return what an autoscaler cannot do, or will never do, with these bounds."""
    part = f"{bounds.what}: " if bounds.what else ""
    found = list[str]()
    if bounds.minimum < 0:
        found.append(f"{part}the minimum {bounds.minimum} is negative; set it to 0 or more")
    if bounds.minimum == 0 and not bounds.scales_to_zero:
        found.append(
            f"{part}the minimum 0 needs an Object or External metric, for the others are not there without a pod; "
            "set it to 1 or more, or add such a metric"
        )
    if bounds.idle is not None and bounds.idle >= bounds.minimum:
        found.append(
            f"{part}it idles with {bounds.idle}, not under the minimum {bounds.minimum}; leave that number out, or raise the minimum"
        )
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
    bounds, first = pool_bounds(scaling), _or(props.get("initialNodeCount"), 0)
    # It is of one zone, and cannot be changed without a new pool: so it may be under a minimum that was raised since.
    start = first if first > bounds.maximum else None
    return (Bounds(minimum=bounds.minimum, maximum=bounds.maximum, start=start),)


def _cluster(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return tuple(
        bounds.model_copy(update={"what": f"pool `{pool.name}`" if pool.name else pool.what})
        for pool in inline_pools(props)
        for bounds in _node_pool(pool.props)
    )


def _endpoint_configuration(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return tuple(
        _variant(f"{what} `{variant.get('variantName')}`", scaling, variant.get("initialInstanceCount"))
        for key, what in VARIANTS.items()
        for variant in props.get(key) or ()
        if (scaling := variant.get("managedInstanceScaling"))
    )


def _variant(what: str, scaling: Mapping[str, Any], first: Any) -> Bounds:  # noqa: ANN401 - any JSON value
    start = None if first is None else int(first)
    # Both are optional (API reference of ProductionVariantManagedInstanceScaling), and one that is left out bounds nothing.
    minimum = _or(scaling.get("minInstanceCount"), 0)
    maximum = _or(scaling.get("maxInstanceCount"), max(minimum, start or 1))
    return Bounds(what=what, minimum=minimum, maximum=maximum, start=start)


def _scaling_target(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return (Bounds(minimum=int(props["minCapacity"]), maximum=int(props["maxCapacity"])),)


def _pod_autoscaler(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    spec = props["spec"]
    # Kubernetes takes 1 where no minimum is given (API reference, HorizontalPodAutoscalerSpec v1 and v2).
    minimum = _or(spec.get("minReplicas"), 1)
    scales_to_zero = minimum != 0 or any(item["type"] in METRICS_WITHOUT_PODS for item in spec.get("metrics") or ())
    return (Bounds(minimum=minimum, maximum=int(spec["maxReplicas"]), scales_to_zero=scales_to_zero),)


def _scaled_object(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    spec = props["spec"]
    minimum, maximum = _or(spec.get("minReplicaCount"), KEDA_MINIMUM), _or(spec.get("maxReplicaCount"), KEDA_MAXIMUM)
    # KEDA refuses one that is not under the minimum (its ScaledObject specification, `idleReplicaCount`).
    idle = spec.get("idleReplicaCount")
    return (Bounds(minimum=minimum, maximum=maximum, idle=None if idle is None else int(idle)),)


def _vertex_machines(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    dedicated = props.get("dedicatedResources")
    return (_dedicated(dedicated, ""),) if dedicated else ()


def _vertex_deployment(props: Mapping[str, Any]) -> tuple[Bounds, ...]:
    return _vertex_machines(props.get("deployConfig") or {})


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
        **dict.fromkeys(SCALING_TARGETS, _scaling_target),
        "gcp:container/cluster:Cluster": _cluster,
        "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool": _vertex_machines,
        "gcp:vertex/aiIndexEndpointDeployedIndex:AiIndexEndpointDeployedIndex": _vertex_machines,
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": _vertex_deployment,
        VERTEX_ENDPOINT: _vertex_endpoint,
        **dict.fromkeys(HORIZONTAL_POD_AUTOSCALERS, _pod_autoscaler),
        SCALED_OBJECT: _scaled_object,
    }
)
