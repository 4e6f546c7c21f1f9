"""What the fleet of a recorded scaling plan rents."""

from collections.abc import Mapping
from typing import Any

from components.cost.machines import Count, RentedMachines


def scaling_configuration(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """Return the machines that the plan chose; none where it chose this machine, which is not rented."""
    del region
    machines = props["plan"]["chosen"]["machines"]
    if machines is None:
        return ()
    count = machines["count"]
    return (
        RentedMachines(
            resource=name,
            service=machines["service"],
            region=machines["region"],
            names=tuple(machines["names"]),
            # Numbers of a recorded plan come from the engine as floats.
            count=Count(minimum=int(count["minimum"]), expected=int(count["expected"]), maximum=int(count["maximum"])),
            spot=bool(machines["spot"]),
        ),
    )
