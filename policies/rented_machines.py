"""Read what the resources of a stack rent; what cannot be read is kept, so that a budget can fail closed."""

from collections.abc import Iterable
from typing import NamedTuple

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from components.cost.machines import RentedMachines
from components.cost.raw_resources import READERS
from components.cost.scaling_target import SCALING_TARGET, ScalingTarget, scaled, scaling_target


class Unread(NamedTuple):
    """A resource whose machines cannot be told, and why."""

    resource: str
    reason: str


def read_machines(
    resources: Iterable[PolicyResource], region: str
) -> tuple[tuple[RentedMachines, ...], tuple[Unread, ...]]:
    """
    Return the machines of every resource of a type that rents some, and the resources that could not be read.

    Args:
        resources: What a stack policy is given.
        region: Of resources that name none; empty where that is unknown.
    """
    machines, targets, unread = list[RentedMachines](), list[ScalingTarget](), list[Unread]()
    for resource in resources:
        reader = READERS.get(resource.resource_type)
        # Properties are read one by one: touching an unknown one raises, and what no cost depends on is not touched.
        try:
            if reader is not None:
                machines += reader(resource.name, resource.props, region)
            elif resource.resource_type == SCALING_TARGET:
                found = scaling_target(resource.props)
                targets += [found] if found else []
        except UnknownValueError as error:
            unread.append(Unread(resource.name, error.message))
        except (KeyError, TypeError, ValueError) as error:
            unread.append(Unread(resource.name, f"its properties are not those of its type ({error!r})"))
    return scaled(machines, targets), tuple(unread)
