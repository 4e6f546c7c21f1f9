"""What a stack costs a month, from the resources that it declares: the one calculation of policies and of previews."""

from collections.abc import Iterable

from components.catalog.catalog import Catalog
from components.catalog.unit_price import Unit
from components.cost.billed_units import CostKind
from components.cost.declared_resource import DeclaredResource
from components.cost.month import CostLine, MonthlyCost, dearest_first, machine_line, unit_line
from components.cost.stack_bill import Unread, stack_bill
from components.endpoint_plan import Estimate


def stack_cost(resources: Iterable[DeclaredResource], catalog: Catalog, region: str = "") -> MonthlyCost:
    """
    Return what the resources cost a month, priced by the catalog.

    Args:
        resources: Everything that the stack declares; types that nothing is billed for by the hour are passed over.
        catalog: What things cost.
        region: Of resources that name none; empty where that is unknown, and then so is their cost.
    """
    bill = stack_bill(resources, region)
    return dearest_first(
        [
            *(_unread_line(item) for item in bill.unread),
            *(machine_line(machines, catalog) for machines in bill.machines),
            *(unit_line(units, catalog) for units in bill.units),
        ]
    )


def _unread_line(item: Unread) -> CostLine:
    return CostLine(
        resource=item.resource,
        kind=CostKind.UNREAD,
        what=item.type.rpartition(":")[2],
        unit=Unit.HOUR,
        unit_price=Estimate(value=None, basis=item.reason),
        usd_per_month=None,
    )
