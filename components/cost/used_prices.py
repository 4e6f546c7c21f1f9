"""Which rows of the catalog a bill is priced by: the machines', and those of everything else that is billed."""

from typing import NamedTuple

from components.catalog.catalog import Catalog
from components.catalog.instance_type import CatalogRow
from components.catalog.unit_price import UnitPrice
from components.cost.month import disk_units
from components.cost.serverless import serverless_units
from components.cost.stack_bill import StackBill
from components.cost.usage import UNKNOWN_USAGE


class UsedPrices(NamedTuple):
    """Rows of a bill, in the catalog's order; those without a price too."""

    machines: tuple[CatalogRow, ...]
    units: tuple[UnitPrice, ...]


def used_prices(bill: StackBill, catalog: Catalog) -> UsedPrices:
    """Return each row that a line of the bill looks up, those of disks and serverless memory among them."""
    keys = {(item.service, item.region, name) for item in bill.machines for name in item.names}
    disks = (units for machines in bill.machines for units in disk_units(machines))
    # How much it runs changes no price.
    serverless = (units for variant in bill.serverless for units in serverless_units(variant, UNKNOWN_USAGE))
    items = {(units.item, units.region) for units in (*bill.units, *disks, *serverless)}
    return UsedPrices(
        machines=tuple(row for row in catalog.rows if row.key in keys),
        units=tuple(row for row in catalog.unit_prices if (row.item, row.region) in items),
    )
