"""What GKE is billed for: a cluster's management, and the nodes of its pools with their disks and accelerators."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from components.autoscaling.pool_bounds import pool_bounds
from components.catalog.services import Service
from components.catalog.unit_price import Item
from components.cost.billed_units import BilledUnits, control_plane, storage, unknown_units
from components.cost.declared_resource import MalformedError, if_known
from components.cost.disk_speed import unpriced_speed
from components.cost.gke_inline_pools import InlinePool, inline_pools
from components.cost.machines import AttachedDisk, Count, RentedMachines

# What GKE takes where no type is named (REST reference of NodeConfig, `machineType`).
DEFAULT_TYPE = "e2-medium"
# The same, `diskSizeGb` and `diskType`.
DEFAULT_DISK_GB, DEFAULT_DISK = 100, Item.PD_BALANCED
# Families that take no persistent disk, so that GKE takes this one instead (the same reference).
HYPERDISK_FAMILIES, HYPERDISK = re.compile(r"(a4x?|c4[ad]?|g4|h4d|m4|n4[ad]?|x4)-"), "hyperdisk-balanced"
# Local SSDs have 375 GB each (Compute Engine documentation, "About local SSD disks"); no price is shipped for them.
LOCAL_SSD, LOCAL_SSD_GB = "local-ssd", 375
# Fields of NodeConfig that hold a `localSsdCount` (the REST reference, and pulumi-gcp's `ephemeralStorageConfig`).
LOCAL_SSD_CONFIGS = ("ephemeralStorageLocalSsdConfig", "ephemeralStorageConfig", "localNvmeSsdBlockConfig")
# A regional cluster spreads its pools over three zones unless it names them (GKE documentation, "Regional clusters").
DEFAULT_ZONES = 3
# A label that a pool's nodes carry beside its own (GKE documentation, "About node labels").
NODE_POOL_LABEL = "cloud.google.com/gke-nodepool"
AUTOPILOT = "pods of GKE Autopilot"
AUTOPILOT_UNKNOWN = "`enableAutopilot` bills each pod by what it asks for, and pods of Autopilot are not priced"
AUTO_PROVISIONING = "nodes that node auto-provisioning chooses"
AUTO_PROVISIONING_UNKNOWN = "`clusterAutoscaling.enabled` lets GKE rent machines of its choice for the pods, up to {limits}, and those are not priced"
ZONE = re.compile(r"(?P<region>[a-z]+-[a-z]+\d+)-[a-z]")


def cluster(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines | BilledUnits, ...]:
    """
    Return the management fee and the nodes that the cluster itself declares; pools of their own are resources of their own.

    What Autopilot bills for pods is unknown, and so are nodes of auto-provisioning. The credit of one cluster an account is not
    counted.
    """
    location = str(props.get("location") or region)
    fee = control_plane(name, "1 x GKE cluster management", Item.GKE_CLUSTER, region_of(location))
    if props.get("enableAutopilot"):
        return (fee, unknown_units(name, region_of(location), AUTOPILOT, AUTOPILOT_UNKNOWN))
    pools = (
        _pool(f"{name}, {pool.what}", pool.props, location, _inline_zones(pool, props, location), pool.name)
        for pool in inline_pools(props)
    )
    return (fee, *_provisioned(name, props, region_of(location)), *(machines for pool in pools for machines in pool))


def _inline_zones(pool: InlinePool, cluster: Mapping[str, Any], location: str) -> Collection[str]:
    own = () if pool.is_default else node_locations(pool.props)
    return own or cluster_zones(cluster, location)


def cluster_zones(props: Mapping[str, Any], location: str) -> Collection[str]:
    """
    Return the zones of a cluster's nodes; none where it is regional and names none.

    The `nodeLocations` of a zonal cluster are beside its own zone (pulumi-gcp, `Cluster.nodeLocations`).

    Raises:
        MalformedError: They are no list of names.
    """
    named = node_locations(props)
    return {location, *named} if ZONE.fullmatch(location) else named


def node_locations(props: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Return the zones that a cluster or a pool names; none where it leaves them out.

    Raises:
        MalformedError: They are no list of names.
    """
    named = props.get("nodeLocations") or ()
    if isinstance(named, str) or not isinstance(named, Sequence) or not all(isinstance(zone, str) for zone in named):
        raise MalformedError("`nodeLocations` has to be a list of names of zones")
    return tuple(named)


def zone_count(zones: Collection[str]) -> int:
    """Return in how many zones nodes run that are in these, none of which is named where GKE chooses them."""
    return len(zones) or DEFAULT_ZONES


def _provisioned(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    autoscaling = props.get("clusterAutoscaling") or {}
    if not autoscaling.get("enabled"):
        return ()
    limits = [
        f"{limit.get('maximum')} {limit.get('resourceType')}" for limit in autoscaling.get("resourceLimits") or ()
    ]
    reason = AUTO_PROVISIONING_UNKNOWN.format(limits=", ".join(limits) or "no limit that is written")
    return (unknown_units(name, region, AUTO_PROVISIONING, reason),)


def node_pool(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines | BilledUnits, ...]:
    """Return the pool's nodes, and the accelerators and local SSDs that are attached to them; counts are per zone where GKE's are."""
    location = str(props.get("location") or region)
    zones = node_locations(props) or cluster_zones({}, location)
    return _pool(name, props, location, zones, if_known(props, "name"))


def _pool(
    name: str, props: Mapping[str, Any], location: str, zones: Collection[str], pool_name: str | None
) -> tuple[RentedMachines | BilledUnits, ...]:
    where = region_of(location)
    config = props.get("nodeConfig") or {}
    spot = bool(config.get("spot") or config.get("preemptible"))
    nodes = _count(props, zone_count(zones))
    machine_type = str(config.get("machineType") or DEFAULT_TYPE)
    disk = _boot_disk(config, machine_type)
    machines = RentedMachines(
        resource=name,
        service=Service.COMPUTE_ENGINE,
        region=where,
        names=(machine_type,),
        count=nodes,
        spot=spot,
        disk=disk,
        runs_pods=True,
        labels={str(key): str(value) for key, value in (config.get("labels") or {}).items()} | _pool_label(pool_name),
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
        if not includes_gpu(machines.names[0])
    )
    fast = unpriced_speed(disk.item, config.get("bootDisk") or {})
    speed = (unknown_units(name, where, "speed of boot disks", fast),) if fast else ()
    return (machines, *speed, *attached, *_local_ssds(name, config, where, nodes))


def _local_ssds(name: str, config: Mapping[str, Any], region: str, nodes: Count) -> tuple[BilledUnits, ...]:
    each = int(config.get("localSsdCount") or 0)
    each += sum(int((config.get(key) or {}).get("localSsdCount") or 0) for key in LOCAL_SSD_CONFIGS)
    if not each:
        return ()
    what = f"{each} local SSDs of {LOCAL_SSD_GB} GB a node"
    return (storage(name, what, LOCAL_SSD, region, each * LOCAL_SSD_GB, nodes),)


def region_of(location: str) -> str:
    """Return the region of a zone, or of a region itself."""
    zone = ZONE.fullmatch(location)
    return zone["region"] if zone else location


def _pool_label(pool_name: str | None) -> dict[str, str]:
    return {NODE_POOL_LABEL: str(pool_name)} if pool_name else {}


def _boot_disk(config: Mapping[str, Any], machine_type: str) -> AttachedDisk:
    """Return a node's disk: `bootDisk` where it is written, which is the newer of the two spellings, else the older fields."""
    boot = config.get("bootDisk") or {}
    kind = boot.get("diskType") or config.get("diskType") or _default_disk(machine_type)
    size_gb = boot.get("sizeGb") or config.get("diskSizeGb") or DEFAULT_DISK_GB
    return AttachedDisk(item=str(kind), size_gb=float(size_gb))


def _default_disk(machine_type: str) -> str:
    return HYPERDISK if HYPERDISK_FAMILIES.match(machine_type) else DEFAULT_DISK


def _count(props: Mapping[str, Any], zones: int) -> Count:
    scaling = props.get("autoscaling")
    written = props.get("nodeCount")
    if written is None:
        written = props.get("initialNodeCount")
    if not scaling:
        nodes = int(1 if written is None else written)
        return Count(minimum=nodes, expected=nodes, maximum=nodes).times(zones)
    bounds = pool_bounds(scaling)
    factor = 1 if bounds.is_total else zones
    lowest, highest = bounds.minimum * factor, bounds.maximum * factor
    start = lowest if written is None else int(written) * zones
    return Count(minimum=lowest, expected=max(lowest, min(start, highest)), maximum=highest)


def includes_gpu(machine_type: str) -> bool:
    """Return whether the price of a machine includes its accelerators, as that of every A, G and CT machine does."""
    return re.match(r"(a[2-9]|g[2-9]|ct\d)", machine_type) is not None
