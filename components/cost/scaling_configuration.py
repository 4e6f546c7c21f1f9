"""What the fleet of a recorded scaling plan rents."""

from collections.abc import Mapping
from typing import Any

from components.choice.choices import ScalingPlan
from components.cost.declared_resource import plain
from components.cost.machines import RentedMachines


def scaling_configuration(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """
    Return the machines that the plan chose; none where it chose this machine, which is not rented.

    Raises:
        ValueError: The record is no plan that a choice of machines made.
    """
    del region
    machines = ScalingPlan.model_validate(plain(props["plan"])).chosen.machines
    return () if machines is None else (machines.model_copy(update={"resource": name}),)
