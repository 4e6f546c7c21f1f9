"""What EKS is billed for: a cluster's control plane, and the nodes of a managed group with their disks."""

from collections.abc import Mapping
from typing import Any

from components.catalog.services import Service
from components.catalog.unit_price import Item
from components.cost.billed_units import BilledUnits, unknown_units
from components.cost.declared_resource import if_known
from components.cost.eks_support import EksControlPlane, minor_version
from components.cost.machines import AttachedDisk, Count, RentedMachines

# What EKS takes where no type is named (API reference of CreateNodegroup, `instanceTypes`).
DEFAULT_TYPE = "t3.medium"
# The same, `diskSize`, in GiB; more for Windows.
DEFAULT_DISK_GB, DEFAULT_WINDOWS_DISK_GB = 20, 50
WINDOWS = "WINDOWS"
SPOT = "SPOT"
# Of an upgrade policy: EKS updates the cluster when standard support ends; it is EXTENDED where nothing is written (user
# guide, "EKS extended support").
STANDARD = "STANDARD"
# A label that a group's nodes carry beside its own; its value is the group's name.
NODE_GROUP_LABEL = "eks.amazonaws.com/nodegroup"
AUTO_MODE = "nodes that EKS Auto Mode chooses"
AUTO_MODE_UNKNOWN = (
    "`computeConfig.enabled` lets EKS rent machines of its choice for the pods, and no resource bounds them"
)


def cluster(name: str, props: Mapping[str, Any], region: str) -> tuple[EksControlPlane | BilledUnits, ...]:
    """
    Return the control plane, whose price depends on the version of Kubernetes and the day.

    Nodes of Auto Mode are unknown: EKS chooses their types and their number by the pods, and bills a fee on each.
    """
    where = str(props.get("region") or region)
    version = props.get("version")
    plane = EksControlPlane(
        resource=name,
        region=where,
        minor_version=minor_version(str(version)) if version else None,
        takes_extended_support=(props.get("upgradePolicy") or {}).get("supportType") != STANDARD,
    )
    if not (props.get("computeConfig") or {}).get("enabled"):
        return (plane,)
    return (plane, unknown_units(name, where, AUTO_MODE, AUTO_MODE_UNKNOWN))


def node_group(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """
    Return the group's nodes.

    What a launch template names is not known here: its type counts as no type, and its disk as no type of disk.
    """
    scaling = props["scalingConfig"]
    count = Count.bounded(int(scaling["minSize"]), int(scaling["desiredSize"]), int(scaling["maxSize"]))
    template = props.get("launchTemplate")
    types = tuple(str(item) for item in props.get("instanceTypes") or ())
    if not types:
        types = ("the type of the launch template",) if template else (DEFAULT_TYPE,)
    default_gb = DEFAULT_WINDOWS_DISK_GB if str(props.get("amiType")).startswith(WINDOWS) else DEFAULT_DISK_GB
    # The API says no type of volume; gp2 is the dearer of the two that AWS has used, as Infracost takes it.
    disk = AttachedDisk(item=Item.EBS_GP2, size_gb=float(props.get("diskSize") or default_gb))
    if template:
        disk = AttachedDisk(item="the disk of the launch template", size_gb=default_gb)
    labels = {str(key): str(value) for key, value in (props.get("labels") or {}).items()}
    group = if_known(props, "nodeGroupName")
    if group:
        labels[NODE_GROUP_LABEL] = str(group)
    return (
        RentedMachines(
            resource=name,
            service=Service.EC2,
            region=str(props.get("region") or region),
            names=types,
            count=count,
            spot=props.get("capacityType") == SPOT,
            disk=disk,
            runs_pods=True,
            labels=labels,
        ),
    )
