"""What a resource is billed for by another unit than a machine's hour: gigabytes, hours of a load balancer, memory x time."""

from enum import StrEnum

from pydantic import Field

from components.catalog.unit_price import Item, Unit
from components.cost.machines import Count
from components.endpoint_plan import PlanPart

# 8,760 hours a year over 12: the month of the providers' own calculators and of Infracost.
HOURS_PER_MONTH = 730
# Over all that the largest counts and sizes come to (`LARGEST` of machines), and still calculated to the cent.
LARGEST_AMOUNT = 1e20


class CostKind(StrEnum):
    """What a line of a bill is for; pods, what is unread and what is unpriced are there only where their cost is unknown."""

    MACHINES = "machines"
    STORAGE = "storage"
    LOAD_BALANCER = "load-balancer"
    CONTROL_PLANE = "control-plane"
    SERVERLESS = "serverless"
    PODS = "pods"
    UNREAD = "unread"
    UNPRICED = "unpriced"


class Amount(PlanPart):
    """Units a month: at the least, as things are written, and at the most."""

    minimum: float = Field(ge=0, le=LARGEST_AMOUNT)
    expected: float = Field(ge=0, le=LARGEST_AMOUNT)
    maximum: float = Field(ge=0, le=LARGEST_AMOUNT)

    @classmethod
    def of(cls, count: "Count | Amount", each: float) -> "Amount":
        """Return the units of so many things, of which each has `each`."""
        return cls(minimum=each * count.minimum, expected=each * count.expected, maximum=each * count.maximum)


class BilledUnits(PlanPart):
    """
    Units of one item a month.

    Attributes:
        resource: Name of the resource that they are billed for.
        what: They, for people: `20 GB x 1 to 4 of gp2`.
        item: What the catalog prices: an `Item`, or a disk type as its provider writes it.
        amount: How many a month; None where it is unknown, and `unknown` says why.
    """

    resource: str
    kind: CostKind
    what: str
    item: str
    region: str
    unit: Unit
    amount: Amount | None
    unknown: str = ""


def hours(number: int) -> Amount:
    """Return the hours of so many things that run all month."""
    return Amount(minimum=HOURS_PER_MONTH * number, expected=HOURS_PER_MONTH * number, maximum=HOURS_PER_MONTH * number)


def storage(  # noqa: PLR0913, PLR0917 - whose, what, where and how much
    resource: str, what: str, item: str, region: str, size_gb: float, count: Count
) -> BilledUnits:
    """Return so many disks of one size, each for as long as what it belongs to is there."""
    return BilledUnits(
        resource=resource,
        kind=CostKind.STORAGE,
        what=what,
        item=item,
        region=region,
        unit=Unit.GB_MONTH,
        amount=Amount.of(count, size_gb),
    )


def control_plane(name: str, what: str, item: Item, region: str) -> BilledUnits:
    """Return a cluster's control plane, which is billed by the hour whatever runs on it."""
    return BilledUnits(
        resource=name, kind=CostKind.CONTROL_PLANE, what=what, item=item, region=region, unit=Unit.HOUR, amount=hours(1)
    )


def unknown_units(
    resource: str, region: str, what: str, unknown: str, kind: CostKind = CostKind.UNPRICED
) -> BilledUnits:
    """Return something that is billed by time and of which nobody knows how much: `unknown` says why."""
    return BilledUnits(
        resource=resource, kind=kind, what=what, item=what, region=region, unit=Unit.HOUR, amount=None, unknown=unknown
    )
