"""What machines cost a month: at the least, as things are, and at the most. Unknown stays unknown, it is never $0."""

from collections.abc import Iterable
from decimal import Decimal

from components.catalog.catalog import Catalog
from components.cost.machines import Count, RentedMachines
from components.endpoint_plan import Estimate, PlanPart

# 8,760 hours a year over 12: the month of the providers' own calculators and of Infracost.
HOURS_PER_MONTH = 730
CENT = Decimal("0.01")


class UsdPerMonth(PlanPart):
    """US dollars a month, to the cent."""

    minimum: float
    expected: float
    maximum: float


class CostLine(PlanPart):
    """
    What one kind of machine costs.

    Attributes:
        resource: Name of the resource that rents them.
        what: Number and type, for people: `1 to 4 x ml.g5.xlarge`.
        usd_per_hour: Of one machine; None where the price is unknown, and the basis says why.
        usd_per_month: Of all; None where the price is unknown.
    """

    resource: str
    what: str
    usd_per_hour: Estimate
    usd_per_month: UsdPerMonth | None


class MonthlyCost(PlanPart):
    """What a stack's machines cost a month of 730 hours, line by line."""

    lines: tuple[CostLine, ...]

    @property
    def unknown(self) -> tuple[CostLine, ...]:
        """The lines without a price."""
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


def monthly_cost(machines: Iterable[RentedMachines], catalog: Catalog) -> MonthlyCost:
    """Return what these machines cost, priced by the catalog; dearest first, unknown ones before all."""
    lines = [_line(item, catalog) for item in machines]
    dearest = sorted(lines, key=lambda line: -line.usd_per_month.maximum if line.usd_per_month else float("-inf"))
    return MonthlyCost(lines=tuple(dearest))


def _line(machines: RentedMachines, catalog: Catalog) -> CostLine:
    prices = [
        catalog.usd_per_hour(machines.service, machines.region, name, spot=machines.spot) for name in machines.names
    ]
    unknown = [price for price in prices if price.value is None]
    price = unknown[0] if unknown else max(prices, key=lambda item: item.value or 0)
    return CostLine(
        resource=machines.resource,
        what=_described(machines),
        usd_per_hour=price,
        usd_per_month=None if price.value is None else _month(price.value, machines.count),
    )


def _described(machines: RentedMachines) -> str:
    count = machines.count
    number = f"{count.minimum}" if count.minimum == count.maximum else f"{count.minimum} to {count.maximum}"
    return f"{number} x {' or '.join(machines.names)}{' (spot)' if machines.spot else ''}"


def _month(usd_per_hour: float, count: Count) -> UsdPerMonth:
    # Decimal: a price of 0.1785 has no exact float, and a hand calculation must give the same cent.
    one = Decimal(repr(usd_per_hour)) * HOURS_PER_MONTH
    return UsdPerMonth(
        minimum=_cents(one * count.minimum), expected=_cents(one * count.expected), maximum=_cents(one * count.maximum)
    )


def _sum(amounts: Iterable[float]) -> float:
    return _cents(sum((Decimal(repr(amount)) for amount in amounts), Decimal(0)))


def _cents(amount: Decimal) -> float:
    return float(amount.quantize(CENT))
