"""What a managed node group of EKS rents."""

from collections.abc import Mapping
from typing import Any

from components.catalog.services import Service
from components.cost.machines import Count, RentedMachines

# What EKS takes where no type is named (API reference of CreateNodegroup, `instanceTypes`).
DEFAULT_TYPE = "t3.medium"
SPOT = "SPOT"


def node_group(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """Return the group's nodes. A type that a launch template names is not known here, so it counts as no type."""
    scaling = props["scalingConfig"]
    types = tuple(str(item) for item in props.get("instanceTypes") or ())
    if not types:
        types = ("the type of the launch template",) if props.get("launchTemplate") else (DEFAULT_TYPE,)
    return (
        RentedMachines(
            resource=name,
            service=Service.EC2,
            region=str(props.get("region") or region),
            names=types,
            count=Count(
                minimum=int(scaling["minSize"]),
                expected=int(scaling["desiredSize"]),
                maximum=int(scaling["maxSize"]),
            ),
            spot=props.get("capacityType") == SPOT,
        ),
    )
