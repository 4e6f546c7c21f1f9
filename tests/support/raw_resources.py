"""Properties of resources as a program by hand writes them, in the engine's spelling."""

from typing import Any

ENDPOINT_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_POOL = "gcp:container/nodePool:NodePool"

Resource = tuple[str, dict[str, Any]]


def endpoint_configuration(*variants: dict[str, Any], **more: Any) -> Resource:
    """A SageMaker endpoint configuration in us-east-1."""
    return ENDPOINT_CONFIGURATION, {"region": "us-east-1", "productionVariants": list(variants), **more}


def variant(instance_type: str, count: int = 1, **more: Any) -> dict[str, Any]:
    """A production variant with a fixed number of instances."""
    return {"variantName": "main", "instanceType": instance_type, "initialInstanceCount": count, **more}


def node_group(types: list[str], minimum: int, desired: int, maximum: int, **more: Any) -> Resource:
    """A managed node group of EKS in us-east-1."""
    scaling = {"minSize": minimum, "desiredSize": desired, "maxSize": maximum}
    return NODE_GROUP, {"region": "us-east-1", "instanceTypes": types, "scalingConfig": scaling, **more}


def node_pool(machine_type: str, location: str = "us-central1-a", *, config: Any = None, **more: Any) -> Resource:
    """A node pool of GKE."""
    return NODE_POOL, {"location": location, "nodeConfig": {"machineType": machine_type, **(config or {})}, **more}
