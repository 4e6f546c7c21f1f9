"""Where a measured worker may run: how its requests are routed there, and how late its scaler is."""

from collections.abc import Mapping
from types import MappingProxyType

from components.capacity.fleet import Routing
from components.capacity.scaling_lag import ScalingLag
from components.catalog.services import Service
from components.endpoint_plan import PlanPart
from components.platforms.choice import Cloud
from optimizers.vocabulary import DeploymentTarget

# The upper end of what is known of an instance that scales out, image included: 525 s without the image cached, 258 s with it.
# Nobody has published one for a machine without a GPU.
NEW_MACHINE_S = 525.0
MACHINE_SOURCE = (
    "the machine's time has the image's in it: the longer of two published ones, of a GPU instance of SageMaker without a "
    "cached image; AWS machine learning blog, June 2026"
)
IMAGE_WITHIN = "the machine's time has the image's in it"


class Target(PlanPart):
    """
    A place where the fleet can run.

    Attributes:
        label: Name for people.
        cloud: Whose machines are rented; None: this machine.
        service: What its hours are billed as; None: this machine.
        routing: How a replica is picked where nothing else is set up.
        whole_machines: Whether a replica is a machine with all its workers; else a worker is one, and shares its machine.
        scales_to_zero: Whether the platform starts the first replica when a request comes.
        lag: Of its scaler where the stack declares nothing, without the model's own load time; None where nothing scales.
        scaler: What the metric window and the data points rest on.
    """

    label: str
    target: DeploymentTarget
    cloud: Cloud | None
    service: Service | None
    routing: Routing
    whole_machines: bool
    scales_to_zero: bool
    lag: ScalingLag | None
    scaler: str = ""


def _lag(metric_window_s: float, datapoints: int) -> ScalingLag:
    return ScalingLag(
        metric_window_s=metric_window_s,
        datapoints=datapoints,
        provisioning_s=NEW_MACHINE_S,
        image_pull_s=0,
        model_load_s=0,
    )


# A Service of Kubernetes picks any ready pod (kube-proxy, iptables mode). The HorizontalPodAutoscaler looks every 15 s at
# metrics that are up to 15 s old, and keeps at least one pod. Target tracking of SageMaker needs three points of a minute,
# and an endpoint at zero answers with an error until an instance is there. Its endpoints route at random unless a variant has
# another `RoutingStrategy` (AWS machine learning blog, SageMaker routing strategies). No source says how Vertex AI picks, so
# it is planned with random too, which takes the most replicas.
KUBERNETES_LAG = _lag(15, 2)
KUBERNETES_SCALER = "the HorizontalPodAutoscaler looks every 15 s at metrics that are up to 15 s old"
SAGEMAKER_LAG = _lag(60, 3)
SAGEMAKER_SCALER = "target tracking of SageMaker needs three points of a minute"
VERTEX_SCALER = f"no source for Vertex AI, so as on SageMaker: {SAGEMAKER_SCALER}"

EMBEDDED = Target(
    label="this machine", target=DeploymentTarget.EMBEDDED, cloud=None, service=None, routing=Routing.SHARED_QUEUE,
    whole_machines=True, scales_to_zero=False, lag=None,
)  # fmt: skip
TARGETS: tuple[Target, ...] = (
    Target(
        label="Kubernetes on EC2 (EKS)", target=DeploymentTarget.KUBERNETES, cloud=Cloud.AWS, service=Service.EC2,
        routing=Routing.RANDOM, whole_machines=False, scales_to_zero=False, lag=KUBERNETES_LAG,
        scaler=KUBERNETES_SCALER,
    ),
    Target(
        label="Kubernetes on Compute Engine (GKE)", target=DeploymentTarget.KUBERNETES, cloud=Cloud.GCP,
        service=Service.COMPUTE_ENGINE, routing=Routing.RANDOM, whole_machines=False, scales_to_zero=False,
        lag=KUBERNETES_LAG, scaler=KUBERNETES_SCALER,
    ),
    Target(
        label="SageMaker", target=DeploymentTarget.SERVERLESS, cloud=Cloud.AWS, service=Service.SAGEMAKER_HOSTING,
        routing=Routing.RANDOM, whole_machines=True, scales_to_zero=False, lag=SAGEMAKER_LAG,
        scaler=SAGEMAKER_SCALER,
    ),
    Target(
        label="Vertex AI", target=DeploymentTarget.SERVERLESS, cloud=Cloud.GCP, service=Service.VERTEX_AI_PREDICTION,
        routing=Routing.RANDOM, whole_machines=True, scales_to_zero=False, lag=SAGEMAKER_LAG,
        scaler=VERTEX_SCALER,
    ),
    EMBEDDED,
)  # fmt: skip

# Rows of the catalog that price no machine which could answer requests: where they would belong, and why they do not.
NOT_SERVING: Mapping[Service, tuple[DeploymentTarget, str]] = MappingProxyType(
    {
        Service.SAGEMAKER: (DeploymentTarget.SERVERLESS, "its source does not say whether it is a price of hosting"),
        Service.SAGEMAKER_BATCH_TRANSFORM: (
            DeploymentTarget.SERVERLESS,
            "it is a price of batch transform, not of hosting",
        ),
        Service.VERTEX_AI_CUSTOM_TRAINING: (
            DeploymentTarget.SERVERLESS,
            "it is a price of training; prediction nodes of Vertex AI are not in the catalog",
        ),
        Service.COMPUTE_ENGINE_GPU: (
            DeploymentTarget.KUBERNETES,
            "it is an accelerator alone, which a machine is rented with",
        ),
        Service.CLOUD_TPU: (
            DeploymentTarget.KUBERNETES,
            "the lock holds no measurement on a TPU; measure on such a machine",
        ),
    }
)


def target_of(service: Service) -> Target | None:
    """Return the target whose machines are billed as this; None where nothing is served on them."""
    return next((target for target in TARGETS if target.service is service), None)
