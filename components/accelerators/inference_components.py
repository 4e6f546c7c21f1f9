"""Accelerators that an inference component of SageMaker asks for, and that a variant's instances have."""

from collections.abc import Mapping
from typing import Any

from components.accelerators.offered import machine_accelerators
from components.catalog.catalog import Catalog
from components.catalog.services import Service
from components.endpoint_plan import PlanPart

INFERENCE_COMPONENT = "aws-native:sagemaker:InferenceComponent"
ENDPOINT_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
SERVICES = (Service.SAGEMAKER_HOSTING, Service.SAGEMAKER)


class AskedDevices(PlanPart):
    """Devices that one copy of a component asks for, of the instances of a variant."""

    resource: str
    variant: str
    devices: int


class OfferedDevices(PlanPart):
    """Devices of one instance of a variant; None where nobody knows the type."""

    variant: str
    instance_type: str
    devices: int | None


def asked_devices(name: str, props: Mapping[str, Any]) -> AskedDevices | None:
    """Return what an inference component asks for; None where it asks for no accelerator."""
    requirements = props["specification"].get("computeResourceRequirements") or {}
    devices = int(requirements.get("numberOfAcceleratorDevicesRequired") or 0)
    return AskedDevices(resource=name, variant=str(props["variantName"]), devices=devices) if devices else None


def offered_devices(props: Mapping[str, Any], catalog: Catalog) -> tuple[OfferedDevices, ...]:
    """Return what the instances of each variant have; a serverless variant has none."""
    return tuple(_offered(variant, catalog) for variant in props.get("productionVariants") or ())


def _offered(variant: Mapping[str, Any], catalog: Catalog) -> OfferedDevices:
    kind = "serverless" if variant.get("serverlessConfig") else str(variant.get("instanceType"))
    found = {} if kind == "serverless" else machine_accelerators(kind, catalog, SERVICES)
    return OfferedDevices(
        variant=str(variant.get("variantName")),
        instance_type=kind,
        devices=None if found is None else sum(found.values()),
    )
