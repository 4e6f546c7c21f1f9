"""What brings a cluster nodes that no property here names: where there is some, nobody knows that a pod stays pending."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Autoscalers that choose machines by the pods, and machines that join a cluster by what runs on them.
TYPES = frozenset(
    {
        "aws:autoscaling/group:Group",
        "aws:ec2/fleet:Fleet",
        "aws:ec2/instance:Instance",
        "aws:ec2/spotFleetRequest:SpotFleetRequest",
        "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
        "aws-native:autoscaling:AutoScalingGroup",
        "aws-native:ec2:Ec2Fleet",
        "aws-native:ec2:Instance",
        "aws-native:ec2:SpotFleet",
        "aws-native:eks:Cluster",
        "aws-native:eks:Nodegroup",
        "eks:index:NodeGroup",
        "eks:index:NodeGroupV2",
        "gcp:compute/instance:Instance",
        "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
        "gcp:compute/instanceGroupManager:InstanceGroupManager",
        "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
        "google-native:compute/v1:Instance",
        "google-native:compute/v1:InstanceGroupManager",
        "google-native:compute/v1:RegionInstanceGroupManager",
        "google-native:container/v1:Cluster",
        "google-native:container/v1:NodePool",
        "kubernetes:cloud.google.com/v1:ComputeClass",
        "kubernetes:karpenter.sh/v1:NodeClaim",
        "kubernetes:karpenter.sh/v1:NodePool",
        "kubernetes:karpenter.sh/v1alpha5:Provisioner",
        "kubernetes:karpenter.sh/v1beta1:NodeClaim",
        "kubernetes:karpenter.sh/v1beta1:NodePool",
    }
)
# Type of a cluster to the paths of the switches that let it choose machines by itself: EKS Auto Mode, GKE Autopilot and
# node auto-provisioning.
SWITCHES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "aws:eks/cluster:Cluster": (("computeConfig", "enabled"),),
        "gcp:container/cluster:Cluster": (("enableAutopilot",), ("clusterAutoscaling", "enabled")),
    }
)


def brings_any_nodes(kind: str, props: Mapping[str, Any]) -> bool:
    """Return whether a resource of this type brings nodes of which nobody knows the machines."""
    return kind in TYPES or any(_value(props, path) for path in SWITCHES.get(kind, ()))


def _value(props: Mapping[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON value
    found: Any = props
    for step in path:
        found = (found or {}).get(step)
    return found
