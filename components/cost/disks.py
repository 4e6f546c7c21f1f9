"""Disks that a program declares for themselves: billed by their size, whether a machine uses them or not."""

from collections.abc import Mapping
from typing import Any

from components.catalog.unit_price import Unit
from components.cost.billed_units import Amount, BilledUnits, CostKind
from components.cost.gke import region_of

# What EC2 takes where no type is named (API reference of CreateVolume, `VolumeType`).
DEFAULT_EBS_TYPE = "gp2"
# What a gp3 volume has for its price; more of either is billed beside it (Amazon EBS documentation, "General Purpose SSD").
GP3, GP3_IOPS, GP3_MIB_PER_S = "gp3", 3000, 125
# What Compute Engine takes where no type is named (REST reference of `disks`, `type`).
DEFAULT_DISK = "pd-standard"


def ebs_volume(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return a volume of EBS, unknown where its size is that of a snapshot or where its speed is billed beside its size."""
    zone = str(props.get("availabilityZone") or "")
    where = str(props.get("region") or zone[:-1] or region)
    kind = str(props.get("type") or DEFAULT_EBS_TYPE)
    fast = int(props.get("iops") or 0) > GP3_IOPS or int(props.get("throughput") or 0) > GP3_MIB_PER_S
    unknown = (
        "its `iops` or `throughput` beyond what is included is billed and not priced" if kind == GP3 and fast else ""
    )
    return (_disk(name, f"ebs-{kind}", where, props.get("size"), unknown),)


def compute_disk(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return a zonal disk of Compute Engine, unknown where its size is that of an image or a snapshot."""
    where = region_of(str(props.get("zone") or region))
    kind = str(props.get("type") or DEFAULT_DISK).rpartition("/")[2]
    return (_disk(name, kind, where, props.get("size"), ""),)


def _disk(name: str, item: str, region: str, size: Any, unknown: str) -> BilledUnits:  # noqa: ANN401 - any JSON value
    size_gb = float(size or 0)
    if not size_gb:
        unknown = "its size is that of what it is made from; write `size`"
    return BilledUnits(
        resource=name,
        kind=CostKind.STORAGE,
        what=f"1 x {size_gb:g} GB of {item}" if size_gb else f"1 x {item}",
        item=item,
        region=region,
        unit=Unit.GB_MONTH,
        amount=None if unknown else Amount(minimum=size_gb, expected=size_gb, maximum=size_gb),
        unknown=unknown,
    )
