"""What a SageMaker endpoint configuration is billed for."""

from collections.abc import Mapping
from typing import Any

from components.catalog.services import Service
from components.catalog.unit_price import Item
from components.cost.declared_resource import MalformedError
from components.cost.machines import AttachedDisk, Count, RentedMachines
from components.cost.serverless import ServerlessVariant

MB_PER_GB = 1024


def endpoint_configuration(
    name: str, props: Mapping[str, Any], region: str
) -> tuple[RentedMachines | ServerlessVariant, ...]:
    """
    Return the instances of each variant, or its serverless memory; shadow variants are billed like the others.

    A volume counts where the variant names its size. Where it does not, SageMaker chooses one, or none.

    Raises:
        MalformedError: There is no production variant, which SageMaker always asks for: so it was not told, and is not free.
    """
    where = str(props.get("region") or region)
    production = props.get("productionVariants")
    if not production:
        raise MalformedError("it names no production variant")
    variants = [*production, *(props.get("shadowProductionVariants") or ())]
    return tuple(_variant(name, variant, where) for variant in variants)


def _variant(name: str, variant: Mapping[str, Any], region: str) -> RentedMachines | ServerlessVariant:
    variant_name = variant.get("variantName")
    resource = f"{name}, variant `{variant_name}`" if variant_name else name
    serverless = variant.get("serverlessConfig")
    if serverless:
        ready = int(serverless.get("provisionedConcurrency") or 0)
        return ServerlessVariant(
            resource=resource,
            region=region,
            memory_gb=int(serverless["memorySizeInMb"]) / MB_PER_GB,
            max_concurrency=int(serverless["maxConcurrency"]),
            count=Count(minimum=ready, expected=ready, maximum=ready),
            variant=None if variant_name is None else str(variant_name),
        )
    scaling = variant.get("managedInstanceScaling") or {}
    written = int(variant.get("initialInstanceCount") or 1)
    volume_gb = variant.get("volumeSizeInGb")
    return RentedMachines(
        resource=resource,
        service=Service.SAGEMAKER_HOSTING,
        region=region,
        names=(str(variant.get("instanceType")),),
        count=Count.bounded(
            int(scaling.get("minInstanceCount", written)), written, int(scaling.get("maxInstanceCount", written))
        ),
        variant=None if variant_name is None else str(variant_name),
        disk=AttachedDisk(item=Item.SAGEMAKER_VOLUME, size_gb=float(volume_gb)) if volume_gb else None,
    )
