"""What things cost a month: at the least, as things are, and at the most. Unknown stays unknown, it is never $0."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from pydantic import Field

from components.catalog.catalog import Catalog
from components.catalog.unit_price import Unit
from components.cost.billed_units import HOURS_PER_MONTH, Amount, BilledUnits, CostKind, storage
from components.cost.machines import Count, RentedMachines
from components.endpoint_plan import Estimate, PlanPart

CENT = Decimal("0.01")


class UsdPerMonth(PlanPart):
    """US dollars a month, to the cent."""

    minimum: float = Field(allow_inf_nan=False)
    expected: float = Field(allow_inf_nan=False)
    maximum: float = Field(allow_inf_nan=False)


class CostLine(PlanPart):
    """
    One line of the bill.

    Attributes:
        resource: Name of the resource that is billed.
        what: Number and type, for people: `1 to 4 x ml.g5.xlarge`.
        unit_price: US dollars for one unit; None where it is unknown, and the basis says why.
        usd_per_month: Of all; None where the price or the amount is unknown.
    """

    resource: str
    kind: CostKind
    what: str
    unit: Unit
    unit_price: Estimate
    usd_per_month: UsdPerMonth | None


class MonthlyCost(PlanPart):
    """
    What a stack costs a month of 730 hours.

    Attributes:
        lines: Dearest first, unknown ones before all.
        remarks: What to know of it beside the sum: pools that stand idle.
    """

    lines: tuple[CostLine, ...]
    remarks: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[CostLine, ...]:
        """The lines without a cost."""
        return tuple(line for line in self.lines if line.usd_per_month is None)

    @property
    def total(self) -> UsdPerMonth | None:
        """The sum of all lines; None where one of them is unknown."""
        known = [line.usd_per_month for line in self.lines if line.usd_per_month is not None]
        if len(known) < len(self.lines):
            return None
        return UsdPerMonth(
            minimum=_sum(line.minimum for line in known),
            expected=_sum(line.expected for line in known),
            maximum=_sum(line.maximum for line in known),
        )


def machine_line(machines: RentedMachines, catalog: Catalog) -> CostLine:
    """Return what these machines cost, by the dearest of the types that the provider may choose from."""
    prices = [
        catalog.usd_per_hour(machines.service, machines.region, name, spot=machines.spot) for name in machines.names
    ]
    unknown = [price for price in prices if price.value is None]
    price = unknown[0] if unknown else max(prices, key=lambda item: item.value or 0)
    count = machines.count
    return CostLine(
        resource=machines.resource,
        kind=CostKind.MACHINES,
        what=f"{number(count)} x {' or '.join(machines.names)}{' (spot)' if machines.spot else ''}",
        unit=Unit.HOUR,
        unit_price=price,
        usd_per_month=_month(price.value, Amount.of(count, HOURS_PER_MONTH)),
    )


def disk_units(machines: RentedMachines) -> tuple[BilledUnits, ...]:
    """Return the disks of these machines: one each, for as long as the machine runs."""
    disk, count = machines.disk, machines.count
    if disk is None:
        return ()
    return (
        storage(
            machines.resource,
            f"{number(count)} x {disk.size_gb:g} GB of {disk.item}",
            disk.item,
            machines.region,
            disk.size_gb,
            count,
        ),
    )


def unit_line(units: BilledUnits, catalog: Catalog) -> CostLine:
    """Return what these units cost; unknown where their number or their price is."""
    price = catalog.usd_per_unit(units.item, units.region, units.unit)
    if units.amount is None:
        price = Estimate(value=None, basis=units.unknown)
    return CostLine(
        resource=units.resource,
        kind=units.kind,
        what=units.what,
        unit=units.unit,
        unit_price=price,
        usd_per_month=_month(price.value, units.amount),
    )


def dearest_first(lines: Iterable[CostLine], remarks: Iterable[str] = ()) -> MonthlyCost:
    """Return the bill of these lines."""
    key = float("-inf")
    return MonthlyCost(
        lines=tuple(sorted(lines, key=lambda line: -line.usd_per_month.maximum if line.usd_per_month else key)),
        remarks=tuple(remarks),
    )


def number(count: Count) -> str:
    """Return a number of machines for people: `3`, or `1 to 4`."""
    return f"{count.minimum}" if count.minimum == count.maximum else f"{count.minimum} to {count.maximum}"


def _month(usd_per_unit: float | None, amount: Amount | None) -> UsdPerMonth | None:
    if usd_per_unit is None or amount is None:
        return None
    # Decimal: a price of 0.1785 has no exact float, and a hand calculation must give the same cent.
    one = Decimal(repr(usd_per_unit))
    return UsdPerMonth(
        minimum=_cents(one * Decimal(repr(amount.minimum))),
        expected=_cents(one * Decimal(repr(amount.expected))),
        maximum=_cents(one * Decimal(repr(amount.maximum))),
    )


def _sum(amounts: Iterable[float]) -> float:
    return _cents(sum((Decimal(repr(amount)) for amount in amounts), Decimal(0)))


def _cents(amount: Decimal) -> float:
    return float(amount.quantize(CENT, ROUND_HALF_UP))
