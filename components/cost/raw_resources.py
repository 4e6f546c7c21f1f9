"""Resources that were written by hand, and what they are billed for: a row here makes a type count in every cost."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from components.cost import disks, eks, gke, kubernetes_units, load_balancers, vertex
from components.cost.billed_units import BilledUnits
from components.cost.billed_unless import BILLED_UNLESS
from components.cost.claimed_volumes import ClaimedVolumes
from components.cost.eks_support import EksControlPlane
from components.cost.machines import RentedMachines
from components.cost.pods import PodRequests, cron_job_pods, job_pods, pod, workload_pods
from components.cost.sagemaker import endpoint_configuration
from components.cost.scaling_configuration import scaling_configuration
from components.cost.serverless import ServerlessVariant
from components.tokens import SCALING_CONFIGURATION

Billed = RentedMachines | BilledUnits | ServerlessVariant | PodRequests | ClaimedVolumes | EksControlPlane
# Name of the resource, its properties as plain values, the region of a resource that names none.
Reader = Callable[[str, Mapping[str, Any], str], tuple[Billed, ...]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": endpoint_configuration,
        "aws:ebs/volume:Volume": disks.ebs_volume,
        "aws:eks/cluster:Cluster": eks.cluster,
        "aws:eks/nodeGroup:NodeGroup": eks.node_group,
        "aws:lb/loadBalancer:LoadBalancer": load_balancers.load_balancer,
        "aws:alb/loadBalancer:LoadBalancer": load_balancers.load_balancer,
        "aws:elb/loadBalancer:LoadBalancer": load_balancers.classic_load_balancer,
        "gcp:container/cluster:Cluster": gke.cluster,
        "gcp:container/nodePool:NodePool": gke.node_pool,
        "gcp:compute/disk:Disk": disks.compute_disk,
        "gcp:compute/forwardingRule:ForwardingRule": load_balancers.forwarding_rule,
        "gcp:compute/globalForwardingRule:GlobalForwardingRule": load_balancers.global_forwarding_rule,
        "gcp:vertex/aiEndpoint:AiEndpoint": vertex.endpoint,
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment": (
            vertex.model_garden_deployment
        ),
        "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool": vertex.resource_pool,
        "gcp:vertex/aiIndexEndpointDeployedIndex:AiIndexEndpointDeployedIndex": vertex.deployed_index,
        "kubernetes:apps/v1:DaemonSet": workload_pods,
        "kubernetes:apps/v1:Deployment": workload_pods,
        "kubernetes:apps/v1:ReplicaSet": workload_pods,
        "kubernetes:apps/v1:StatefulSet": kubernetes_units.stateful_set,
        "kubernetes:batch/v1:CronJob": cron_job_pods,
        "kubernetes:batch/v1:Job": job_pods,
        "kubernetes:core/v1:Pod": pod,
        "kubernetes:core/v1:PersistentVolumeClaim": kubernetes_units.volume_claim,
        "kubernetes:core/v1:ReplicationController": workload_pods,
        "kubernetes:core/v1:Service": kubernetes_units.service,
        "kubernetes:networking.k8s.io/v1:Ingress": kubernetes_units.ingress,
        **{token: row.read for token, row in BILLED_UNLESS.items()},
        SCALING_CONFIGURATION: scaling_configuration,
    }
)
