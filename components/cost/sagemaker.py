"""What a SageMaker endpoint configuration rents."""

from collections.abc import Mapping
from typing import Any

from components.catalog.services import Service
from components.cost.machines import Count, RentedMachines


def endpoint_configuration(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """
    Return the instances of each variant, shadow variants included: they are billed like the others.

    A serverless variant is billed by request, at rates that the catalog does not have, so its price is unknown.
    """
    variants = [*(props.get("productionVariants") or ()), *(props.get("shadowProductionVariants") or ())]
    return tuple(_variant(name, variant, str(props.get("region") or region)) for variant in variants)


def _variant(name: str, variant: Mapping[str, Any], region: str) -> RentedMachines:
    scaling = variant.get("managedInstanceScaling") or {}
    expected = int(variant.get("initialInstanceCount") or 1)
    serverless = variant.get("serverlessConfig")
    if serverless:
        kind = f"serverless with {int(serverless.get('memorySizeInMb') or 0)} MB"
        maximum = int(serverless.get("maxConcurrency") or 1)
        count = Count(minimum=int(serverless.get("provisionedConcurrency") or 0), expected=1, maximum=maximum)
    else:
        kind = str(variant.get("instanceType"))
        count = Count(
            minimum=int(scaling.get("minInstanceCount", expected)),
            expected=expected,
            maximum=int(scaling.get("maxInstanceCount", expected)),
        )
    variant_name = variant.get("variantName")
    return RentedMachines(
        resource=f"{name}, variant `{variant_name}`" if variant_name else name,
        service=Service.SAGEMAKER_HOSTING,
        region=region,
        names=(kind,),
        count=count,
        variant=None if variant_name is None else str(variant_name),
    )
