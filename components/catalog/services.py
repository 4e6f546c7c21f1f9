"""The services whose instance hours the catalog prices, and who sells them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from components.platforms.choice import Cloud


class Service(StrEnum):
    """
    What an hour is billed as; the same machine costs something else in each.

    `SAGEMAKER` is a rate whose component (hosting, training, …) its source does not state, so no look-up for hosting
    finds it.
    """

    EC2 = "ec2"
    SAGEMAKER_HOSTING = "sagemaker-hosting"
    SAGEMAKER_BATCH_TRANSFORM = "sagemaker-batch-transform"
    SAGEMAKER = "sagemaker"
    COMPUTE_ENGINE = "compute-engine"
    COMPUTE_ENGINE_GPU = "compute-engine-gpu"
    CLOUD_TPU = "cloud-tpu"
    VERTEX_AI_CUSTOM_TRAINING = "vertex-ai-custom-training"
    VERTEX_AI_PREDICTION = "vertex-ai-prediction"


PROVIDERS: Mapping[Service, Cloud] = MappingProxyType(
    {
        Service.EC2: Cloud.AWS,
        Service.SAGEMAKER_HOSTING: Cloud.AWS,
        Service.SAGEMAKER_BATCH_TRANSFORM: Cloud.AWS,
        Service.SAGEMAKER: Cloud.AWS,
        Service.COMPUTE_ENGINE: Cloud.GCP,
        Service.COMPUTE_ENGINE_GPU: Cloud.GCP,
        Service.CLOUD_TPU: Cloud.GCP,
        Service.VERTEX_AI_CUSTOM_TRAINING: Cloud.GCP,
        Service.VERTEX_AI_PREDICTION: Cloud.GCP,
    }
)
