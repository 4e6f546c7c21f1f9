"""Which rows of the catalog a bill is priced by: the machines', and those of everything else that is billed."""

from typing import NamedTuple

from components.catalog.catalog import Catalog
from components.catalog.instance_type import CatalogRow
from components.catalog.unit_price import UnitPrice
from components.cost.stack_bill import StackBill
from components.cost.units_of_bill import units_of_bill
from components.cost.usage import UNKNOWN_USAGE


class UsedPrices(NamedTuple):
    """Rows of a bill, in the catalog's order; those without a price too."""

    machines: tuple[CatalogRow, ...]
    units: tuple[UnitPrice, ...]


def used_prices(bill: StackBill, catalog: Catalog) -> UsedPrices:
    """Return each row that a line of the bill looks up."""
    keys = {(item.service, item.region, name) for item in bill.machines for name in item.names}
    # How much a serverless endpoint runs changes no price.
    items = {(units.item, units.region) for units in units_of_bill(bill, catalog, UNKNOWN_USAGE)}
    return UsedPrices(
        machines=tuple(row for row in catalog.rows if row.key in keys),
        units=tuple(row for row in catalog.unit_prices if (row.item, row.region) in items),
    )
