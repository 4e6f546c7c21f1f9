"""Application Auto Scaling: bounds that one resource sets for the instances of another."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from components.cost.machines import LARGEST, Count, RentedMachines
from components.endpoint_plan import PlanPart

SCALING_TARGET = "aws:appautoscaling/target:Target"
SAGEMAKER = "sagemaker"
# `endpoint/<endpoint>/variant/<variant>` (API reference of RegisterScalableTarget, `ResourceId`).
VARIANT_PART = "/variant/"


class ScalingTarget(PlanPart):
    """Bounds of the variants of one name, and the resource that sets them."""

    resource: str
    variant: str
    minimum: int = Field(ge=0, le=LARGEST)
    maximum: int = Field(ge=0, le=LARGEST)


def scaling_target(name: str, props: Mapping[str, Any]) -> ScalingTarget | None:
    """Return the bounds that a scalable target sets, or None where it scales something else than a variant."""
    _endpoint, found, variant = str(props["resourceId"]).partition(VARIANT_PART)
    if props["serviceNamespace"] != SAGEMAKER or not found:
        return None
    return ScalingTarget(
        resource=name, variant=variant, minimum=int(props["minCapacity"]), maximum=int(props["maxCapacity"])
    )


def scaled(machines: Iterable[RentedMachines], targets: Iterable[ScalingTarget]) -> tuple[RentedMachines, ...]:
    """
    Return the machines with the bounds of their scaling targets.

    A target names an endpoint, and a configuration does not say which endpoint uses it. So targets are matched by the
    variant's name alone; where several match, the widest bounds count: an estimate may be too high, never too low.
    """
    known = tuple(targets)
    return tuple(_scaled(item, [target for target in known if target.variant == item.variant]) for item in machines)


def unmatched(machines: Iterable[RentedMachines], targets: Iterable[ScalingTarget]) -> tuple[ScalingTarget, ...]:
    """Return the targets that scale nothing that is priced here; what they may rent cannot be told."""
    variants = {item.variant for item in machines}
    return tuple(target for target in targets if target.variant not in variants)


def _scaled(machines: RentedMachines, targets: list[ScalingTarget]) -> RentedMachines:
    if not targets:
        return machines
    maximum = max(target.maximum for target in targets)
    # A variant starts with the number that its configuration names, whatever its bounds are.
    count = Count(
        minimum=max(target.minimum for target in targets),
        expected=machines.count.expected,
        maximum=max(maximum, machines.count.expected),
    )
    return machines.model_copy(update={"count": count})
