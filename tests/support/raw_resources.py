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


def node_pool(
    machine_type: str, location: str | None = "us-central1-a", *, config: Any = None, **more: Any
) -> Resource:
    """A node pool of GKE."""
    return NODE_POOL, {"location": location, "nodeConfig": {"machineType": machine_type, **(config or {})}, **more}


def deployment(cpu: str, memory: str, replicas: int | None = None, *, accelerators: int = 0, **pod: Any) -> Resource:
    """A Deployment of Kubernetes whose pods ask for so much."""
    requests = {"cpu": cpu, "memory": memory} | ({"nvidia.com/gpu": str(accelerators)} if accelerators else {})
    spec = {"containers": [{"name": "server", "resources": {"requests": requests}}], **pod}
    replicated = {} if replicas is None else {"replicas": replicas}
    return "kubernetes:apps/v1:Deployment", {
        "metadata": {"name": "web"}, "spec": {**replicated, "template": {"spec": spec}},
    }  # fmt: skip


def service(kind: str = "LoadBalancer", **annotations: str) -> Resource:
    """A Service of Kubernetes."""
    return "kubernetes:core/v1:Service", {"metadata": {"annotations": annotations}, "spec": {"type": kind}}


def ingress(class_name: str | None) -> Resource:
    """An Ingress of Kubernetes."""
    spec = {"ingressClassName": class_name} if class_name else {}
    return "kubernetes:networking.k8s.io/v1:Ingress", {"metadata": {"name": "web"}, "spec": spec}


def volume_claim(size: str, storage_class: str | None = "gp3") -> Resource:
    """A PersistentVolumeClaim of Kubernetes."""
    named = {"storageClassName": storage_class} if storage_class else {}
    return "kubernetes:core/v1:PersistentVolumeClaim", {
        "spec": {"resources": {"requests": {"storage": size}}, **named},
    }


def serverless(memory_mb: int, concurrency: int, provisioned: int = 0) -> Resource:
    """A SageMaker endpoint configuration with one serverless variant."""
    config = {"memorySizeInMb": memory_mb, "maxConcurrency": concurrency}
    if provisioned:
        config["provisionedConcurrency"] = provisioned
    return endpoint_configuration({"variantName": "main", "serverlessConfig": config})


def vertex_pool(machine_type: str, minimum: int, maximum: int, **spec: Any) -> Resource:
    """Machines that models deployed on Vertex AI share."""
    dedicated = {
        "machineSpec": {"machineType": machine_type, **spec}, "minReplicaCount": minimum, "maxReplicaCount": maximum,
    }  # fmt: skip
    return "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool", {
        "region": "us-central1", "dedicatedResources": dedicated,
    }  # fmt: skip
