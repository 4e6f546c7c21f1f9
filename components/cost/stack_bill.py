"""What the resources of a stack are billed for, before any price; what cannot be read is kept, so a budget can fail closed."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from components.autoscaling.bounds import POD_AUTOSCALERS, SCALING_TARGETS
from components.cost.billed_units import BilledUnits
from components.cost.claimed_volumes import ClaimedVolumes, ReplicaBounds, replica_bounds, with_replica_bounds
from components.cost.cluster_nodes import clusters_without_nodes
from components.cost.declared_resource import MALFORMED, DeclaredResource, UnknownPropertyError, known, malformed
from components.cost.eks_support import EksControlPlane
from components.cost.gke_pool_zones import with_placed_pools
from components.cost.machines import RentedMachines
from components.cost.pods import PodRequests
from components.cost.raw_resources import READERS, Billed
from components.cost.scaling_target import (
    ScalingTarget,
    ready_functions,
    scaled,
    scaling_target,
    unmatched,
)
from components.cost.serverless import ServerlessVariant
from components.cost.unpriced_types import UNPRICED, unpriced
from components.cost.used_addresses import without_used_addresses

BILLED_TYPES = frozenset({*READERS, *UNPRICED, *SCALING_TARGETS, *POD_AUTOSCALERS})

Found = TypeVar("Found")


class Unread(NamedTuple):
    """A resource of which it cannot be told what is billed, and why."""

    resource: str
    type: str
    reason: str


class StackBill(NamedTuple):
    """Everything that a stack is billed for, and the names of its clusters whose nodes are not among that."""

    machines: tuple[RentedMachines, ...]
    units: tuple[BilledUnits, ...] = ()
    serverless: tuple[ServerlessVariant, ...] = ()
    pods: tuple[PodRequests, ...] = ()
    unread: tuple[Unread, ...] = ()
    unpriced: tuple[Unread, ...] = ()
    control_planes: tuple[EksControlPlane, ...] = ()
    clusters_without_nodes: tuple[str, ...] = ()


def stack_bill(resources: Iterable[DeclaredResource], region: str = "") -> StackBill:
    """
    Return what the resources of a type that is billed are billed for; others are passed over.

    Args:
        resources: Everything that the stack declares.
        region: Of resources that name none; empty where that is unknown.
    """
    listed = with_placed_pools(without_used_addresses(tuple(resources)))
    unread = list[Unread]()
    by_resource = [(item, _read(item, partial(_billed, region), unread)) for item in listed if item.type in READERS]
    billed = [found for _, items in by_resource for found in items]
    scaling = [found for item in listed if item.type in SCALING_TARGETS for found in _read(item, _scaling, unread)]
    targets = [item for item in scaling if isinstance(item, ScalingTarget)]
    machines = [item for item in billed if isinstance(item, RentedMachines)]
    serverless = [item for item in billed if isinstance(item, ServerlessVariant)]
    unread += [_without_variant(target) for target in unmatched((*machines, *serverless), targets)]
    volumes = _claimed(billed, listed, unread)
    return StackBill(
        machines=scaled(machines, targets),
        units=(
            *(item for item in billed if isinstance(item, BilledUnits)),
            *(item.units() for item in volumes),
        ),
        serverless=scaled(serverless, targets),
        pods=tuple(item for item in billed if isinstance(item, PodRequests)),
        unread=tuple(unread),
        unpriced=(
            *(Unread(item.name, item.type, unpriced(item.type)) for item in listed if item.type in UNPRICED),
            *(item for item in scaling if isinstance(item, Unread)),
        ),
        control_planes=tuple(item for item in billed if isinstance(item, EksControlPlane)),
        clusters_without_nodes=clusters_without_nodes(by_resource),
    )


def _read(
    resource: DeclaredResource,
    read: Callable[[DeclaredResource, Mapping[str, Any]], Iterable[Found]],
    unread: list[Unread],
) -> tuple[Found, ...]:
    """Return what is read of a resource; where nothing can be, add why to `unread`."""
    props = known(resource.props)
    try:
        return tuple(read(resource, props))
    except UnknownPropertyError as error:
        reason = str(error)
    except MALFORMED as error:
        reason = malformed(error, props)
    unread.append(Unread(resource.name, resource.type, reason))
    return ()


def _billed(region: str, resource: DeclaredResource, props: Mapping[str, Any]) -> tuple[Billed, ...]:
    return READERS[resource.type](resource.name, props, region)


def _scaling(resource: DeclaredResource, props: Mapping[str, Any]) -> tuple[ScalingTarget | Unread, ...]:
    target, ready = scaling_target(resource.name, resource.type, props), ready_functions(props)
    return (
        *((target,) if target else ()),
        *((Unread(resource.name, resource.type, ready),) if ready else ()),
    )


def _replica_bounds(resource: DeclaredResource, props: Mapping[str, Any]) -> tuple[ReplicaBounds, ...]:
    return replica_bounds(resource.type, props)


def _claimed(
    billed: Iterable[Billed], listed: Iterable[DeclaredResource], unread: list[Unread]
) -> tuple[ClaimedVolumes, ...]:
    volumes = [item for item in billed if isinstance(item, ClaimedVolumes)]
    # Nothing else is billed by the number of replicas, so where there is none nobody has to know it.
    scalers = (
        [item for item in listed if item.type in POD_AUTOSCALERS] if any(item.workload for item in volumes) else []
    )
    return with_replica_bounds(volumes, [found for item in scalers for found in _read(item, _replica_bounds, unread)])


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
    return Unread(target.resource, target.type, reason)
