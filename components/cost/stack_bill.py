"""What the resources of a stack are billed for, before any price; what cannot be read is kept, so a budget can fail closed."""

from collections.abc import Iterable
from typing import NamedTuple

from components.cost.billed_units import BilledUnits
from components.cost.declared_resource import MALFORMED, DeclaredResource, UnknownPropertyError, known, malformed
from components.cost.machines import RentedMachines
from components.cost.pods import PodRequests
from components.cost.raw_resources import READERS, Billed
from components.cost.scaling_target import (
    SCALING_TARGET,
    ScalingTarget,
    ready_functions,
    scaled,
    scaling_target,
    unmatched,
)
from components.cost.serverless import ServerlessVariant
from components.cost.unpriced_types import UNPRICED, unpriced

BILLED_TYPES = frozenset({*READERS, *UNPRICED, SCALING_TARGET})


class Unread(NamedTuple):
    """A resource of which it cannot be told what is billed, and why."""

    resource: str
    type: str
    reason: str


class StackBill(NamedTuple):
    """Everything that a stack is billed for."""

    machines: tuple[RentedMachines, ...]
    units: tuple[BilledUnits, ...] = ()
    serverless: tuple[ServerlessVariant, ...] = ()
    pods: tuple[PodRequests, ...] = ()
    unread: tuple[Unread, ...] = ()
    unpriced: tuple[Unread, ...] = ()


def stack_bill(resources: Iterable[DeclaredResource], region: str = "") -> StackBill:
    """
    Return what the resources of a type that is billed are billed for; others are passed over.

    Args:
        resources: Everything that the stack declares.
        region: Of resources that name none; empty where that is unknown.
    """
    listed = tuple(resources)
    billed, targets, unread = list[Billed](), list[ScalingTarget](), list[Unread]()
    unpriced_targets = list[Unread]()
    for resource in listed:
        if resource.type != SCALING_TARGET and resource.type not in READERS:
            continue
        props = known(resource.props)
        try:
            if resource.type == SCALING_TARGET:
                found = scaling_target(resource.name, props)
                targets += [found] if found else []
                ready = ready_functions(props)
                unpriced_targets += [Unread(resource.name, resource.type, ready)] if ready else []
                continue
            billed += READERS[resource.type](resource.name, props, region)
        except UnknownPropertyError as error:
            unread.append(Unread(resource.name, resource.type, str(error)))
        except MALFORMED as error:
            unread.append(Unread(resource.name, resource.type, malformed(error)))
    machines = [item for item in billed if isinstance(item, RentedMachines)]
    serverless = [item for item in billed if isinstance(item, ServerlessVariant)]
    unread += [_without_variant(target) for target in unmatched((*machines, *serverless), targets)]
    return StackBill(
        machines=scaled(machines, targets),
        units=tuple(item for item in billed if isinstance(item, BilledUnits)),
        serverless=scaled(serverless, targets),
        pods=tuple(item for item in billed if isinstance(item, PodRequests)),
        unread=tuple(unread),
        unpriced=(
            *(Unread(item.name, item.type, unpriced(item.type)) for item in listed if item.type in UNPRICED),
            *unpriced_targets,
        ),
    )


def _without_variant(target: ScalingTarget) -> Unread:
    what, kind = (
        ("ready requests of the serverless variant", "serverless variant")
        if target.serverless
        else ("of the variant", "variant with instances")
    )
    reason = (
        f"it scales up to {target.maximum} {what} `{target.variant}`, and no {kind} is named so in "
        f'this stack; write `variantName: "{target.variant}"` in the endpoint configuration that it scales'
    )
    return Unread(target.resource, SCALING_TARGET, reason)
