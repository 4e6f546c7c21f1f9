"""For each policy: what it accepts, and every change of it that the policy must catch. A policy without a row fails a test."""

import math
from typing import Any, NamedTuple

from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.endpoint_plan import EndpointPlan
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, node_pool, variant
from tests.support.valid_plan import valid_gpu_plan, valid_plan

REGION = {"region": "us-east-1"}
OTHER = "0" * 12


class PlanFixture(NamedTuple):
    """
    A plan that a policy accepts with a configuration.

    Attributes:
        breaks: Path of a field of the plan to values of it that the policy must catch, each alone.
    """

    plan: EndpointPlan
    config: dict[str, Any]
    breaks: dict[str, tuple[Any, ...]]


class StackFixture(NamedTuple):
    """
    Resources that a policy accepts with a configuration.

    Attributes:
        breaks: Path of a property, the number of its resource first, to values that the policy must catch, each alone.
    """

    resources: tuple[Resource, ...]
    config: dict[str, Any]
    breaks: dict[str, tuple[Any, ...]]


def deployment(gpus: Any = 1, **pod: Any) -> Resource:
    """A Deployment whose pods ask for GPUs."""
    container = {"name": "model", "resources": {"limits": {"nvidia.com/gpu": gpus, "cpu": "4"}}}
    metadata = {"metadata": {"name": "model"}}
    return "kubernetes:apps/v1:Deployment", {
        **metadata,
        "spec": {"template": {"spec": {"containers": [container], **pod}}},
    }


def pod_autoscaler(**spec: Any) -> Resource:
    """An autoscaler of that Deployment."""
    reference = {"kind": "Deployment", "name": "model"}
    return (
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": {}, "spec": {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 4, **spec}},
    )


def inference_component(devices: Any = 1, variant_name: Any = "main") -> Resource:
    """A component of SageMaker that asks for accelerators."""
    requirements = {"numberOfAcceleratorDevicesRequired": devices, "minMemoryRequiredInMb": 1024}
    return (
        "aws-native:sagemaker:InferenceComponent",
        {"variantName": variant_name, "specification": {"computeResourceRequirements": requirements}},
    )


TOO_LATE: dict[str, tuple[Any, ...]] = {
    "predicted.p99_ms.value": (100.1, None),
    "predicted.p99_high_ms.value": (100.1, None),
    "latency_sla_ms": (99,),
}

PLAN_FIXTURES: dict[str, PlanFixture] = {
    "latency-budget": PlanFixture(valid_plan(), {}, TOO_LATE),
    "throughput-budget": PlanFixture(
        valid_plan(), {}, {"predicted.capacity_rps.value": (9.9, None), "throughput_rps": (13,)}
    ),
    "latency-warning": PlanFixture(valid_plan(), {"headroom": 0}, TOO_LATE),
    "throughput-warning": PlanFixture(
        valid_plan(), {"headroom": 0}, {"predicted.capacity_rps.value": (9.9, None), "throughput_rps": (13,)}
    ),
    "cold-start-budget": PlanFixture(
        valid_plan(),
        {"seconds": 5},
        {f"cold_start.{part}.value": (1.1, None) for part in valid_plan().cold_start.parts},
    ),
    "cold-start-warning": PlanFixture(
        valid_plan(),
        {"seconds": 5},
        {f"cold_start.{part}.value": (1.1, None) for part in valid_plan().cold_start.parts},
    ),
    "min-replicas-for-sla": PlanFixture(
        valid_gpu_plan(),
        {},
        {
            "lowest_min_replicas.value": (3, None),
            "scaling.min_replicas": (0, 1, 5),
            "scaling.max_replicas": (1,),
        },
    ),
    "accelerator-fit": PlanFixture(
        valid_gpu_plan(),
        {},
        {
            "accelerator": (None,),
            "accelerator.count": (1,),
            "accelerator.memory_gib.value": (20, None),
            "accelerator.weights_gib.value": (24.1, None),
            "accelerator.kv_cache.bytes_per_token.value": (140_000, None),
            "accelerator.kv_cache.context_tokens": (8300,),
            "accelerator.kv_cache.sequences": (9,),
            "accelerator.reserve_gib.value": (4.1, None),
        },
    ),
    "accelerator-warning": PlanFixture(
        valid_gpu_plan(),
        {"headroom": 0.1},
        {
            "accelerator": (None,),
            "accelerator.memory_gib.value": (20, None),
            "accelerator.kv_cache.sequences": (9,),
        },
    ),
    "artifact-integrity": PlanFixture(
        valid_plan(),
        {},
        {
            "name": ("other",),
            "artifact.name": ("other",),
            "artifact.sha256": ("f" * 64,),
            "parity": (None,),
            "parity.metric": ("top1",),
            "parity.value": (0.5, 0.99991, math.nan, math.inf),
            "parity.threshold": (0.9,),
            "parity.samples": (9,),
            "parity.passed": (False,),
            "hardware.measured_on": (OTHER,),
            "locked_sha256": ("f" * 64,),
            "measured.day": ("1999-01-01",),
            "measured.sequence_length": (None, 64),
            "measured.other_cpu_share": (None, 0),
            "measured.p50_ms": (0, 10),
            "measured.p99_ms": (0, 10),
            "measured.throughput_rps": (0, 100),
            "concurrent_calls.value": (0, 2, "many"),
            "max_batch_size.value": (0, 8, "many"),
            "predicted.method": ("saturated",),
            "predicted.p99_ms.value": (0.01, 100.1, None),
            "predicted.p99_high_ms.value": (0, 89, None),
            "predicted.capacity_rps.value": (1e9, 0, None),
            "predicted.utilization.value": (3, 0, None),
            "throughput_rps": (9, 1_000_000),
            "traffic.peak_rps": (1e6, 5),
            "traffic.mean_rps": (1e6,),
        },
    ),
    "artifact-hardware-match": PlanFixture(
        valid_gpu_plan(),
        {},
        {
            "hardware.accelerator": ("cpu", "tpu"),
            "hardware.architecture": ("aarch64",),
            "hardware.cpu_features": ([], ["asimd"]),
            "hardware.gpu": (None,),
            "hardware.gpu.architecture": ("sm_80", None),
            "hardware.gpu.runtime_version": ("10.12", None),
            "artifact.needs.accelerator": ("cpu",),
            "artifact.needs.architecture": ("aarch64",),
            "artifact.needs.cpu_features": (["amx_bf16"],),
            "artifact.needs.gpu.architecture": ("sm_80", None),
            "artifact.needs.gpu.runtime_version": ("10.12", None),
        },
    ),
    "measured-elsewhere": PlanFixture(
        valid_gpu_plan(), {}, {"hardware.measured_on": (OTHER,), "hardware.target": (OTHER,)}
    ),
}

# 1 x $1.408 x 730 h = $1,027.84; 1 x $0.17 x 730 h = $124.10; 1 x $0.70683228 x 730 h = $515.99.
RENTED = (
    endpoint_configuration(variant("ml.g5.xlarge")),
    node_group(["c5.xlarge"], 1, 1, 1),
    node_pool("g2-standard-4", nodeCount=1),
)
# With disks of 20 GB at $0.10 and 100 GB at $0.10.
NOW = {"usd_per_month_now": 1679.93}
RENTED_BREAKS: dict[str, tuple[Any, ...]] = {
    "0.productionVariants.0.instanceType": ("ml.g5.48xlarge", "ml.g9.huge", UNKNOWN_STRING_VALUE, None),
    "0.productionVariants.0.initialInstanceCount": (2, UNKNOWN_NUMBER_VALUE, "many"),
    "0.productionVariants": (UNKNOWN_STRING_VALUE, 5),
    "0.region": ("mars-1", UNKNOWN_STRING_VALUE),
    "1.instanceTypes": (["g9.huge"], [UNKNOWN_STRING_VALUE], UNKNOWN_STRING_VALUE),
    "1.scalingConfig": (None, UNKNOWN_STRING_VALUE, 5),
    "1.scalingConfig.minSize": (UNKNOWN_NUMBER_VALUE, "many"),
    "1.scalingConfig.desiredSize": (UNKNOWN_NUMBER_VALUE, "many"),
    "1.scalingConfig.maxSize": (2, UNKNOWN_NUMBER_VALUE, "many"),
    "1.diskSize": (500, UNKNOWN_NUMBER_VALUE, "many"),
    "2.location": ("mars1-a", UNKNOWN_STRING_VALUE),
    "2.nodeConfig": (UNKNOWN_STRING_VALUE, 5),
    "2.nodeConfig.machineType": ("a2-highgpu-8g", "g9-huge", UNKNOWN_STRING_VALUE),
    "2.nodeConfig.diskSizeGb": (1000, UNKNOWN_NUMBER_VALUE, "many"),
    "2.nodeConfig.diskType": ("hyperdisk-extreme", UNKNOWN_STRING_VALUE),
    "2.nodeCount": (2, UNKNOWN_NUMBER_VALUE, "many"),
}
NODES = (node_group(["g5.xlarge"], 0, 0, 2), node_pool("g2-standard-4"))

STACK_FIXTURES: dict[str, StackFixture] = {
    "cost-budget": StackFixture(RENTED, {"usd_per_month": 1700, **REGION}, RENTED_BREAKS),
    "cost-warning": StackFixture(RENTED, {"usd_per_month": 1700, **REGION}, RENTED_BREAKS),
    "cost-increase": StackFixture(RENTED, {"usd_per_month": 20, **NOW, **REGION}, RENTED_BREAKS),
    "cost-increase-warning": StackFixture(RENTED, {"usd_per_month": 20, **NOW, **REGION}, RENTED_BREAKS),
    # It tells how old prices are; of a machine that nobody knows, the cost policies speak.
    "price-freshness": StackFixture(RENTED, {"oldest_days": 3650}, {}),
    "autoscaling-sanity": StackFixture(
        (
            node_group(["c5.xlarge"], 1, 1, 2),
            node_pool("e2-standard-2", autoscaling={"minNodeCount": 0, "maxNodeCount": 3}),
            endpoint_configuration(
                variant("ml.m5.xlarge", managedInstanceScaling={"minInstanceCount": 1, "maxInstanceCount": 2})
            ),
            (
                "aws:appautoscaling/target:Target",
                {
                    "serviceNamespace": "sagemaker",
                    "resourceId": "endpoint/e/variant/main",
                    "minCapacity": 1,
                    "maxCapacity": 2,
                },
            ),
            pod_autoscaler(),
            deployment(gpus=0),
            ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "fixed"}, "spec": {"replicas": 2}}),
        ),
        {},
        {
            "0.scalingConfig": (None, UNKNOWN_STRING_VALUE),
            "0.scalingConfig.minSize": (3, -1, UNKNOWN_NUMBER_VALUE, "many"),
            "0.scalingConfig.desiredSize": (3, 0, UNKNOWN_NUMBER_VALUE, "many"),
            "0.scalingConfig.maxSize": (0, UNKNOWN_NUMBER_VALUE, "many"),
            "1.autoscaling.minNodeCount": (4, -1, UNKNOWN_NUMBER_VALUE),
            "1.autoscaling.maxNodeCount": (0, UNKNOWN_NUMBER_VALUE, "many"),
            "2.productionVariants.0.managedInstanceScaling.minInstanceCount": (3, UNKNOWN_NUMBER_VALUE),
            "2.productionVariants.0.managedInstanceScaling.maxInstanceCount": (0, UNKNOWN_NUMBER_VALUE),
            "2.productionVariants.0.initialInstanceCount": (3, UNKNOWN_NUMBER_VALUE),
            "3.minCapacity": (3, -1, UNKNOWN_NUMBER_VALUE, None),
            "3.maxCapacity": (0, UNKNOWN_NUMBER_VALUE, None),
            "4.spec.minReplicas": (5, -1, UNKNOWN_NUMBER_VALUE),
            "4.spec.maxReplicas": (0, UNKNOWN_NUMBER_VALUE, "many"),
            "4.spec.scaleTargetRef": (UNKNOWN_STRING_VALUE, None),
            "4.spec.scaleTargetRef.name": (UNKNOWN_STRING_VALUE,),
            "5.spec.replicas": (2, UNKNOWN_NUMBER_VALUE),
            "6.metadata.name": ("model", UNKNOWN_STRING_VALUE),
        },
    ),
    "accelerator-supply": StackFixture(
        (
            deployment(),
            *NODES,
            inference_component(),
            endpoint_configuration(variant("ml.g5.xlarge")),
            deployment(1, nodeSelector={"cloud.google.com/gke-nodepool": "r2"}),
            deployment(4, nodeSelector={"node.kubernetes.io/instance-type": "g5.12xlarge"}),
        ),
        {},
        {
            "0.spec.template.spec.containers": (UNKNOWN_STRING_VALUE, 5),
            "0.spec.template.spec.containers.0.resources.limits": (UNKNOWN_STRING_VALUE, 5),
            "0.spec.template.spec.containers.0.resources.limits.nvidia~com/gpu": (2, UNKNOWN_NUMBER_VALUE, "many"),
            "0.spec.template.spec.nodeSelector": (UNKNOWN_STRING_VALUE,),
            "1.instanceTypes": (UNKNOWN_STRING_VALUE,),
            "2.nodeConfig.machineType": ("e2-standard-2", "g9-huge", UNKNOWN_STRING_VALUE),
            "3.specification": (UNKNOWN_STRING_VALUE, None, 5),
            "3.specification.computeResourceRequirements.numberOfAcceleratorDevicesRequired": (2, UNKNOWN_NUMBER_VALUE),
            "3.variantName": (UNKNOWN_STRING_VALUE,),
            "4.productionVariants": (UNKNOWN_STRING_VALUE, 5),
            "4.productionVariants.0.instanceType": ("ml.m5.xlarge", "ml.g9.huge", UNKNOWN_STRING_VALUE),
            "4.productionVariants.0.variantName": (UNKNOWN_STRING_VALUE,),
            "5.spec.template.spec.containers.0.resources.limits.nvidia~com/gpu": (2,),
            "6.spec.template.spec.containers.0.resources.limits.nvidia~com/gpu": (5,),
            "6.spec.template.spec.nodeSelector.node~kubernetes~io/instance-type": (
                "m5.xlarge",
                "g9.huge",
                UNKNOWN_STRING_VALUE,
            ),
        },
    ),
}
