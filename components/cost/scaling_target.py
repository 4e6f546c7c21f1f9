"""Application Auto Scaling: bounds that one resource sets for the instances or the ready concurrency of another."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import Field

from components.cost.machines import LARGEST, RentedMachines
from components.cost.serverless import ServerlessVariant
from components.endpoint_plan import PlanPart

SAGEMAKER = "sagemaker"
# The namespace of functions that are kept ready, which are billed as long as they are.
LAMBDA = "lambda"
# `endpoint/<endpoint>/variant/<variant>` (API reference of RegisterScalableTarget, `ResourceId`).
VARIANT_PART = "/variant/"
# `ScalableDimension` of the same: what is kept ready of a serverless variant; any other is its instances.
PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"

Scalable = TypeVar("Scalable", RentedMachines, ServerlessVariant)


class ScalingTarget(PlanPart):
    """
    Bounds of the variants of one name, and the resource that sets them.

    Attributes:
        type: Token of its type.
        serverless: Whether they are of the requests that a serverless variant is kept ready for, not of instances.
    """

    resource: str
    type: str
    variant: str
    minimum: int = Field(ge=0, le=LARGEST)
    maximum: int = Field(ge=0, le=LARGEST)
    serverless: bool = False


def scaling_target(name: str, kind: str, props: Mapping[str, Any]) -> ScalingTarget | None:
    """Return the bounds that a scalable target sets, or None where it scales something else than a variant."""
    _endpoint, found, variant = str(props["resourceId"]).partition(VARIANT_PART)
    if props["serviceNamespace"] != SAGEMAKER or not found:
        return None
    return ScalingTarget(
        resource=name,
        type=kind,
        variant=variant,
        minimum=int(props["minCapacity"]),
        maximum=int(props["maxCapacity"]),
        serverless=props.get("scalableDimension") == PROVISIONED_CONCURRENCY,
    )


def ready_functions(props: Mapping[str, Any]) -> str | None:
    """Return why the cost of a target is unknown that keeps a function of Lambda ready; None of any other target."""
    if props["serviceNamespace"] != LAMBDA:
        return None
    return f"it keeps up to {props['maxCapacity']} requests of a function of Lambda ready, billed by time and not priced by this version"


def scaled(items: Iterable[Scalable], targets: Iterable[ScalingTarget]) -> tuple[Scalable, ...]:
    """
    Return the machines or serverless variants with the bounds of their scaling targets.

    A target names an endpoint, and a configuration does not say which endpoint uses it. So targets are matched by the
    variant's name alone; where several match, the widest bounds count: an estimate may be too high, never too low.
    """
    known = tuple(targets)
    return tuple(_scaled(item, known) for item in items)


def unmatched(
    items: Iterable[RentedMachines | ServerlessVariant], targets: Iterable[ScalingTarget]
) -> tuple[ScalingTarget, ...]:
    """Return the targets that scale nothing that is priced here; what they may rent cannot be told."""
    known = tuple(items)
    return tuple(target for target in targets if not any(_scales(target, item) for item in known))


def _scales(target: ScalingTarget, item: RentedMachines | ServerlessVariant) -> bool:
    return target.variant == item.variant and target.serverless is isinstance(item, ServerlessVariant)


def _scaled(item: Scalable, targets: Iterable[ScalingTarget]) -> Scalable:
    bounds = [(target.minimum, target.maximum) for target in targets if _scales(target, item)]
    return item.model_copy(update={"count": item.count.scaled(bounds)})
