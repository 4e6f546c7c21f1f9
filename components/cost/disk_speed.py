"""Speed of a disk that is billed beside its size; no price of it is shipped, so a disk that has more is unknown."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Speed(NamedTuple):
    """What a disk is provisioned for: operations a second, and MiB/s."""

    iops: float
    mib_per_s: float

    def is_within(self, included: "Speed") -> bool:
        """Return whether no part of it is beyond what is included."""
        return self.iops <= included.iops and self.mib_per_s <= included.mib_per_s


# The speed of these types comes with their size, or is billed by use.
ANY = Speed(math.inf, math.inf)
# What a type has for the price of its size; a type without a row is billed for all that is provisioned (Amazon EBS
# documentation, "Amazon EBS volume types"; AWS's price list has `EBS:VolumeP-IOPS` for io1 and io2).
EBS_INCLUDED: Mapping[str, Speed] = MappingProxyType(
    {"gp2": ANY, "gp3": Speed(3000, 125), "sc1": ANY, "st1": ANY, "standard": ANY}
)
# The same of Compute Engine (documentation, "About Persistent Disk" and "About Hyperdisk Balanced", baseline performance).
COMPUTE_INCLUDED: Mapping[str, Speed] = MappingProxyType(
    {"hyperdisk-balanced": Speed(3000, 140), "pd-balanced": ANY, "pd-ssd": ANY, "pd-standard": ANY}
)


def unpriced_speed(kind: str, props: Mapping[str, Any]) -> str:
    """
    Return why the cost of a disk of Compute Engine is unknown whose speed is billed beside its size; nothing of another.

    A type whose speed is billed gets one by its size where none is written (documentation, "About Hyperdisk", default
    values), so what is left out is not free.

    Args:
        kind: Type of the disk.
        props: Of the disk, which may have `provisionedIops` and `provisionedThroughput`.
    """
    speed = Speed(*(_provisioned(props, key) for key in ("provisionedIops", "provisionedThroughput")))
    included = COMPUTE_INCLUDED.get(kind, Speed(0, 0))
    if speed.is_within(included):
        return ""
    fix = f"; write {included.iops:g} and {included.mib_per_s:g} at the most, or another type" if any(included) else ""
    return (
        f"{kind} is billed for `provisionedIops` and `provisionedThroughput` beyond what is included, whether they are "
        f"written or not, and those are not priced{fix}"
    )


def _provisioned(props: Mapping[str, Any], key: str) -> float:
    written = props.get(key)
    return math.inf if written is None else float(written)
