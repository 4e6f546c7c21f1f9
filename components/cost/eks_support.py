"""What EKS bills for a control plane: more from the day on which standard support of its Kubernetes version ends."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from components.catalog.unit_price import Item
from components.cost.billed_units import BilledUnits, control_plane
from components.cost.declared_resource import MalformedError
from components.endpoint_plan import PlanPart

# Minor version of Kubernetes 1 to the day, in UTC, from which extended support is billed: the release calendar of the Amazon
# EKS user guide (latest/ug/versioning/kubernetes-versions.adoc@0138560 of awsdocs/amazon-eks-user-guide); of 1.35 and 1.36
# as aws-samples/sample-apex-skills (eks-upgrade-check, June 2026) copies it. Every older version has left it.
STANDARD_SUPPORT_ENDS: Mapping[int, date] = MappingProxyType(
    {
        29: date(2025, 3, 23),
        30: date(2025, 7, 23),
        31: date(2025, 11, 26),
        32: date(2026, 3, 23),
        33: date(2026, 7, 29),
        34: date(2026, 12, 2),
        35: date(2027, 3, 27),
        36: date(2027, 8, 2),
    }
)
VERSION = re.compile(r"1\.(?P<minor>\d{1,3})")


class EksControlPlane(PlanPart):
    """
    A control plane of EKS.

    Attributes:
        minor_version: Of Kubernetes 1; None where EKS chooses, which takes one in standard support.
        takes_extended_support: Whether it may stay on a version whose standard support has ended; EKS updates others.
    """

    resource: str
    region: str
    minor_version: int | None
    takes_extended_support: bool


def minor_version(version: str) -> int:
    """
    Return the number of a version of Kubernetes after the point.

    Raises:
        MalformedError: It is no version as EKS writes it.
    """
    found = VERSION.fullmatch(version)
    if found is None:
        raise MalformedError(f"`version` is `{version}`; EKS writes one like `1.35`")
    return int(found["minor"])


def control_plane_units(plane: EksControlPlane, today: date | None) -> BilledUnits:
    """
    Return the hours of a control plane: of extended support where its version is in it on that day.

    A version that is newer than those whose dates are known has standard support at least as long as the newest of them.
    What comes after that, or is asked for without a day, is unknown.
    """
    standard = control_plane(plane.resource, "1 x EKS control plane", Item.EKS_CLUSTER, plane.region)
    version = plane.minor_version
    if version is None or not plane.takes_extended_support:
        return standard
    newest = max(STANDARD_SUPPORT_ENDS)
    ends = STANDARD_SUPPORT_ENDS[newest] if version > newest else STANDARD_SUPPORT_ENDS.get(version, date.min)
    if today is not None and today < ends:
        return standard
    what = f"1 x EKS control plane in extended support of Kubernetes 1.{version}"
    if today is not None and version <= newest:
        return control_plane(plane.resource, what, Item.EKS_CLUSTER_EXTENDED, plane.region)
    why = (
        f"whether Kubernetes 1.{version} is in standard support is not known to this version, and extended support costs more; "
        "write another `version`, or `STANDARD` as `upgradePolicy.supportType`"
    )
    return standard.model_copy(update={"amount": None, "unknown": why})
