"""What a node pool of GKE rents."""

import re
from collections.abc import Mapping
from typing import Any

from components.catalog.services import Service
from components.cost.machines import Count, RentedMachines

# What GKE takes where no type is named (REST reference of NodeConfig, `machineType`).
DEFAULT_TYPE = "e2-medium"
# A regional cluster spreads its pools over three zones unless it names them (GKE documentation, "Regional clusters").
DEFAULT_ZONES = 3
ZONE = re.compile(r"(?P<region>[a-z]+-[a-z]+\d+)-[a-z]")


def node_pool(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """Return the pool's nodes and the accelerators that are attached to them; counts are per zone where GKE's are."""
    location = str(props.get("location") or region)
    zone = ZONE.fullmatch(location)
    zones = len(props.get("nodeLocations") or ()) or (1 if zone else DEFAULT_ZONES)
    where = zone["region"] if zone else location
    config = props.get("nodeConfig") or {}
    spot = bool(config.get("spot") or config.get("preemptible"))
    nodes = _count(props, zones)
    machines = RentedMachines(
        resource=name,
        service=Service.COMPUTE_ENGINE,
        region=where,
        names=(str(config.get("machineType") or DEFAULT_TYPE),),
        count=nodes,
        spot=spot,
    )
    attached = (
        RentedMachines(
            resource=name,
            service=Service.COMPUTE_ENGINE_GPU,
            region=where,
            names=(str(accelerator.get("type")),),
            count=nodes.times(int(accelerator.get("count") or 1)),
            spot=spot,
        )
        for accelerator in config.get("guestAccelerators") or ()
        if not _includes_gpu(machines.names[0])
    )
    return (machines, *attached)


def _count(props: Mapping[str, Any], zones: int) -> Count:
    scaling = props.get("autoscaling")
    written = props.get("nodeCount", props.get("initialNodeCount"))
    if not scaling:
        nodes = int(1 if written is None else written)
        return Count(minimum=nodes, expected=nodes, maximum=nodes).times(zones)
    if "totalMaxNodeCount" in scaling:
        lowest, highest, factor = int(scaling.get("totalMinNodeCount") or 0), int(scaling["totalMaxNodeCount"]), 1
    else:
        lowest, highest, factor = int(scaling.get("minNodeCount") or 0), int(scaling["maxNodeCount"]), zones
    start = lowest * factor if written is None else int(written) * zones
    return Count(
        minimum=lowest * factor, expected=max(lowest * factor, min(start, highest * factor)), maximum=highest * factor
    )


def _includes_gpu(machine_type: str) -> bool:
    """Return whether the price of a machine includes its accelerators, as that of every A, G and CT machine does."""
    return re.match(r"(a[2-9]|g[2-9]|ct\d)", machine_type) is not None
