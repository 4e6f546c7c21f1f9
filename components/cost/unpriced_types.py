"""Types that rent machines and that nothing here prices: a row makes a stack's cost unknown, where it would be too low."""

from collections.abc import Mapping
from types import MappingProxyType

_EC2 = "EC2 machines"
_FARGATE = "memory and processors of Fargate"
_GCE = "machines of Compute Engine"
_TPU = "TPU chips"
_KARPENTER = "nodes that Karpenter chooses"

# Token to what it rents.
UNPRICED: Mapping[str, str] = MappingProxyType(
    {
        "aws:apprunner/service:Service": "instances of App Runner",
        "aws:autoscaling/group:Group": _EC2,
        "aws:batch/computeEnvironment:ComputeEnvironment": _EC2,
        "aws:bedrock/provisionedModelThroughput:ProvisionedModelThroughput": "throughput of Bedrock",
        "aws:ec2/capacityBlockReservation:CapacityBlockReservation": _EC2,
        "aws:ec2/capacityReservation:CapacityReservation": _EC2,
        "aws:ec2/dedicatedHost:DedicatedHost": "hosts of EC2",
        "aws:ec2/fleet:Fleet": _EC2,
        "aws:ec2/instance:Instance": _EC2,
        "aws:ec2/spotFleetRequest:SpotFleetRequest": _EC2,
        "aws:ec2/spotInstanceRequest:SpotInstanceRequest": _EC2,
        "aws:ecs/expressGatewayService:ExpressGatewayService": _FARGATE,
        "aws:ecs/service:Service": _FARGATE,
        "aws:ecs/taskSet:TaskSet": _FARGATE,
        "aws:eks/fargateProfile:FargateProfile": _FARGATE,
        "aws:emr/cluster:Cluster": "machines of EMR",
        "aws:sagemaker/app:App": "an instance of SageMaker Studio",
        "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer": "a tracking server of SageMaker",
        "aws:sagemaker/notebookInstance:NotebookInstance": "a notebook instance of SageMaker",
        "aws-native:apprunner:Service": "instances of App Runner",
        "aws-native:autoscaling:AutoScalingGroup": _EC2,
        "aws-native:batch:ComputeEnvironment": _EC2,
        "aws-native:ec2:CapacityReservation": _EC2,
        "aws-native:ec2:CapacityReservationFleet": _EC2,
        "aws-native:ec2:Ec2Fleet": _EC2,
        "aws-native:ec2:Host": "hosts of EC2",
        "aws-native:ec2:Instance": _EC2,
        "aws-native:ec2:SpotFleet": _EC2,
        "aws-native:ecs:Service": _FARGATE,
        "aws-native:eks:Cluster": "a control plane of EKS",
        "aws-native:eks:FargateProfile": _FARGATE,
        "aws-native:eks:Nodegroup": _EC2,
        "aws-native:elasticloadbalancingv2:LoadBalancer": "a load balancer",
        "aws-native:sagemaker:App": "an instance of SageMaker Studio",
        "aws-native:sagemaker:Cluster": "instances of SageMaker HyperPod",
        "aws-native:sagemaker:EndpointConfig": "instances of SageMaker",
        "aws-native:sagemaker:MlflowTrackingServer": "a tracking server of SageMaker",
        "aws-native:sagemaker:NotebookInstance": "a notebook instance of SageMaker",
        "eks:index:NodeGroup": _EC2,
        "eks:index:NodeGroupV2": _EC2,
        "gcp:cloudrun/service:Service": "instances of Cloud Run",
        "gcp:cloudrunv2/service:Service": "instances of Cloud Run",
        "gcp:cloudrunv2/workerPool:WorkerPool": "instances of Cloud Run",
        "gcp:colab/runtime:Runtime": "machines of Colab Enterprise",
        "gcp:compute/futureReservation:FutureReservation": _GCE,
        "gcp:compute/instance:Instance": _GCE,
        "gcp:compute/instanceFromMachineImage:InstanceFromMachineImage": _GCE,
        "gcp:compute/instanceFromTemplate:InstanceFromTemplate": _GCE,
        "gcp:compute/instanceGroupManager:InstanceGroupManager": _GCE,
        "gcp:compute/nodeGroup:NodeGroup": "sole-tenant nodes of Compute Engine",
        "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": _GCE,
        "gcp:compute/regionResizeRequest:RegionResizeRequest": _GCE,
        "gcp:compute/reservation:Reservation": _GCE,
        "gcp:compute/resizeRequest:ResizeRequest": _GCE,
        "gcp:dataproc/cluster:Cluster": "machines of Dataproc",
        "gcp:notebooks/instance:Instance": _GCE,
        "gcp:tpu/node:Node": _TPU,
        "gcp:tpu/v2QueuedResource:V2QueuedResource": _TPU,
        "gcp:tpu/v2Vm:V2Vm": _TPU,
        "gcp:workbench/instance:Instance": _GCE,
        "google-native:compute/v1:Instance": _GCE,
        "google-native:compute/v1:InstanceGroupManager": _GCE,
        "google-native:compute/v1:RegionInstanceGroupManager": _GCE,
        "google-native:container/v1:Cluster": "management and nodes of GKE",
        "google-native:container/v1:NodePool": "nodes of GKE",
        "google-native:tpu/v1:Node": _TPU,
        "google-native:tpu/v2:Node": _TPU,
        "kubernetes:karpenter.sh/v1:NodeClaim": _KARPENTER,
        "kubernetes:karpenter.sh/v1:NodePool": _KARPENTER,
        "kubernetes:karpenter.sh/v1alpha5:Provisioner": _KARPENTER,
        "kubernetes:karpenter.sh/v1beta1:NodeClaim": _KARPENTER,
        "kubernetes:karpenter.sh/v1beta1:NodePool": _KARPENTER,
    }
)


def unpriced(token: str) -> str:
    """Return why the cost of a resource of one of these types is unknown."""
    return f"{UNPRICED[token]}, rented by the hour and not priced by this version"
