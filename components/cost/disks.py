"""Disks that a program declares for themselves: billed by their size, whether a machine uses them or not."""

from collections.abc import Mapping
from typing import Any

from components.catalog.unit_price import Unit
from components.cost.billed_units import Amount, BilledUnits, CostKind
from components.cost.disk_speed import EBS_INCLUDED, Speed, unpriced_speed
from components.cost.gke import region_of

# What EC2 takes where no type is named (API reference of CreateVolume, `VolumeType`).
DEFAULT_EBS_TYPE = "gp2"
# What Compute Engine takes where no type is named (REST reference of `disks`, `type`).
DEFAULT_DISK = "pd-standard"


def ebs_volume(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return a volume of EBS, unknown where its size is that of a snapshot or where its speed is billed beside its size."""
    zone = str(props.get("availabilityZone") or "")
    where = str(props.get("region") or zone[:-1] or region)
    kind = str(props.get("type") or DEFAULT_EBS_TYPE)
    included = EBS_INCLUDED.get(kind, Speed(0, 0))
    # EC2 writes the baseline of a gp2 volume there as well.
    speed = Speed(float(props.get("iops") or 0), float(props.get("throughput") or 0))
    fast = (
        ""
        if speed.is_within(included)
        else "its `iops` or `throughput` beyond what is included is billed and not priced"
    )
    return (_disk(name, f"ebs-{kind}", where, props.get("size"), fast),)


def compute_disk(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """
    Return a zonal disk of Compute Engine, unknown where its size is that of an image or a snapshot.

    Unknown too where its speed is billed beside its size.
    """
    where = region_of(str(props.get("zone") or region))
    kind = str(props.get("type") or DEFAULT_DISK).rpartition("/")[2]
    return (_disk(name, kind, where, props.get("size"), unpriced_speed(kind, props)),)


def _disk(name: str, item: str, region: str, size: Any, fast: str) -> BilledUnits:  # noqa: ANN401 - any JSON value
    size_gb = float(size or 0)
    unknown = fast if size_gb else "its size is that of what it is made from; write `size`"
    return BilledUnits(
        resource=name,
        # No row of the unit prices makes its speed known.
        kind=CostKind.UNPRICED if fast else CostKind.STORAGE,
        what=f"1 x {size_gb:g} GB of {item}" if size_gb else f"1 x {item}",
        item=item,
        region=region,
        unit=Unit.GB_MONTH,
        amount=None if unknown else Amount(minimum=size_gb, expected=size_gb, maximum=size_gb),
        unknown=unknown,
    )
