"""Rows of a catalog: valid unless a test breaks one field."""

from datetime import date
from typing import Any

from components.catalog.instance_type import CatalogRow, InstanceType, Price
from components.catalog.services import PROVIDERS, Service

TODAY = date(2026, 11, 24)
NAMES = {
    Service.EC2: ("us-east-1", "g5.xlarge"),
    Service.SAGEMAKER_HOSTING: ("us-east-1", "ml.g5.xlarge"),
    Service.SAGEMAKER_BATCH_TRANSFORM: ("us-east-1", "ml.g5.xlarge"),
    Service.SAGEMAKER: ("us-east-1", "ml.g5.xlarge"),
    Service.COMPUTE_ENGINE: ("us-central1", "g2-standard-4"),
    Service.COMPUTE_ENGINE_GPU: ("us-central1", "nvidia-tesla-t4"),
    Service.CLOUD_TPU: ("us-central1", "tpu-v6e-1"),
    Service.VERTEX_AI_CUSTOM_TRAINING: ("us-central1", "n1-standard-4"),
    Service.VERTEX_AI_PREDICTION: ("us-central1", "n1-standard-4"),
}


def row(service: Service = Service.EC2, **changes: Any) -> CatalogRow:
    """Return a row of this service with a GPU and a price of 1 $/h; fields of machine and price are changed by name."""
    region, name = NAMES[service]
    values = {
        "provider": PROVIDERS[service], "service": service, "region": region, "name": name, "accelerator": "a10g",
        "accelerator_count": 1, "accelerator_memory_gib": 22.35, "vcpu": 4, "memory_gib": 16.0, "usd_per_hour": 1.0,
        "spot_usd_per_hour": 0.4, "source": "a price list", "as_of": date(2026, 11, 1), **changes,
    }  # fmt: skip
    price = {field: values.pop(field) for field in Price.model_fields}
    return CatalogRow(instance=InstanceType(**values), price=Price(**price))


def machine(name: str, vcpu: int | None, memory_gib: float | None, **changes: Any) -> CatalogRow:
    """Return a Compute Engine machine without an accelerator."""
    none = {"accelerator": None, "accelerator_count": None, "accelerator_memory_gib": None}
    return row(Service.COMPUTE_ENGINE, **{"name": name, "vcpu": vcpu, "memory_gib": memory_gib, **none, **changes})
