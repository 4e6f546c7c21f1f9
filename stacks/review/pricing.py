"""What the resources of a stack cost, as they are in the state and as the program wants them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from components.catalog.catalog import Catalog
from components.cost.declared_resource import DeclaredResource
from components.cost.stack_bill import stack_bill
from components.cost.stack_cost import stack_cost
from stacks.engine.resource_change import Inputs, ResourceChange
from stacks.review.priced_stack import OwnedLine, PricedStack
from stacks.review.review import PricedLine

REGION = "region"


def priced_before(resources: Sequence[ResourceChange], catalog: Catalog, region: str) -> PricedStack:
    """Return what the state's resources cost; `region` is of those that name none, empty where it is unknown."""
    return _priced([(item, item.before) for item in resources], catalog, region)


def priced_after(resources: Sequence[ResourceChange], catalog: Catalog, region: str) -> PricedStack:
    """Return what the program's resources cost; `region` as above."""
    return _priced([(item, item.after) for item in resources], catalog, region)


def configured_region(policies: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the region that the stack's policies take for resources that name none; empty where they name several."""
    regions = {str(said[REGION]) for said in policies.values() if said.get(REGION)}
    return regions.pop() if len(regions) == 1 else ""


def _priced(sides: Sequence[tuple[ResourceChange, Inputs | None]], catalog: Catalog, region: str) -> PricedStack:
    there = [(item, inputs) for item, inputs in sides if inputs is not None]
    names = _names(item for item, _ in sides)
    declared = [DeclaredResource(name=names[item.urn], type=item.type, props=inputs) for item, inputs in there]
    urns = {names[item.urn]: item.urn for item, _ in there}
    cost = stack_cost(declared, catalog, region)
    lines = tuple(
        OwnedLine(
            urn=_owner(line.resource, urns),
            label=line.resource,
            line=PricedLine(what=line.what, usd_per_month=line.usd_per_month, basis=line.unit_price.basis),
        )
        for line in cost.lines
    )
    return PricedStack(lines=lines, dates=tuple(_dates(declared, catalog, region)))


def _names(resources: Iterable[ResourceChange]) -> dict[str, str]:
    """Return a name for each URN by which its cost lines are known again."""
    items = tuple(resources)
    count = Counter(item.name for item in items)
    return {item.urn: item.name if count[item.name] == 1 else f"{item.name} ({item.type})" for item in items}


def _owner(label: str, urns: Mapping[str, str]) -> str:
    # A line is of `name`, or of a part of it: `name, variant main`.
    return urns[max((name for name in urns if label.startswith(name)), key=len)]


def _dates(declared: Sequence[DeclaredResource], catalog: Catalog, region: str) -> Iterator[date | None]:
    bill = stack_bill(declared, region)
    keys = {(item.service, item.region, name) for item in bill.machines for name in item.names}
    units = {(item.item, item.region) for item in bill.units}
    yield from (row.price.as_of for row in catalog.rows if row.key in keys and row.price.usd_per_hour is not None)
    yield from (
        row.as_of for row in catalog.unit_prices if (row.item, row.region) in units and row.usd_per_unit is not None
    )
