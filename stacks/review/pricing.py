"""What the resources of a stack cost, as they are in the state and as the program wants them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from components.catalog.catalog import Catalog
from components.cost.declared_resource import DeclaredResource
from components.cost.stack_bill import stack_bill
from components.cost.used_prices import used_prices
from policies.configuration import DISABLED, ENFORCEMENT_LEVEL, sets_limit
from policies.cost_settings import CostSettings, judged_cost
from policies.pack import CONFIGURATIONS
from stacks.engine.resource_change import Inputs, Outputs, ResourceChange
from stacks.review.priced_stack import OwnedLine, PricedStack
from stacks.review.review import PricedLine
from stacks.running_cost import recorded_resource


def priced_before(resources: Sequence[ResourceChange], catalog: Catalog, settings: CostSettings) -> PricedStack:
    """Return what the state's resources cost, as the policies under these settings judge it: without those only read."""
    owned = [(item, None if item.read_before else item.before, item.outputs_before) for item in resources]
    return _priced(owned, catalog, settings)


def priced_after(resources: Sequence[ResourceChange], catalog: Catalog, settings: CostSettings) -> PricedStack:
    """Return what the program's resources cost, as above."""
    owned = [(item, None if item.read_after else item.after, item.outputs_after) for item in resources]
    return _priced(owned, catalog, settings)


def configured_settings(configured: Mapping[str, Mapping[str, Any]]) -> CostSettings:
    """
    Return what the stack's policies over costs say of regions, usage and who pays.

    Where several say it, the first of the pack that has a limit counts, which is the one that refuses; without any limit,
    the first that says something. A disabled one never does.
    """
    speaking = [
        (said, model)
        for name, model in CONFIGURATIONS.items()
        if issubclass(model, CostSettings) and (said := configured.get(name, {})).get(ENFORCEMENT_LEVEL) != DISABLED
    ]
    limited = [said for said, model in speaking if sets_limit(said, model)]
    others = [said for said, _ in speaking if not CostSettings.model_fields.keys().isdisjoint(said)]
    chosen = next(iter((*limited, *others)), {})
    return CostSettings.model_validate({key: chosen[key] for key in chosen if key in CostSettings.model_fields})


def _priced(
    sides: Sequence[tuple[ResourceChange, Inputs | None, Outputs]], catalog: Catalog, settings: CostSettings
) -> PricedStack:
    there = [(item, inputs, outputs) for item, inputs, outputs in sides if inputs is not None]
    names = _names(item for item, _, _ in sides)
    declared = [recorded_resource(names[item.urn], item.type, inputs, outputs) for item, inputs, outputs in there]
    urns = {names[item.urn]: item.urn for item, _, _ in there}
    cost = judged_cost(declared, catalog, settings).cost
    lines = tuple(
        OwnedLine(
            urn=_owner(line.resource, urns),
            label=line.resource,
            line=PricedLine(what=line.what, usd_per_month=line.usd_per_month, basis=line.unit_price.basis),
        )
        for line in cost.lines
    )
    return PricedStack(lines=lines, dates=tuple(_dates(declared, catalog, settings.region)), remarks=cost.remarks)


def _names(resources: Iterable[ResourceChange]) -> dict[str, str]:
    """Return a name for each URN by which its cost lines are known again; with the types of its parents where need be."""
    items = tuple(resources)
    count = Counter(item.name for item in items)
    return {item.urn: item.name if count[item.name] == 1 else f"{item.name} ({item.qualified_type})" for item in items}


def _owner(label: str, urns: Mapping[str, str]) -> str:
    # A line is of `name`, or of a part of it: `name, variant main`.
    return urns[max((name for name in urns if label.startswith(name)), key=len)]


def _dates(declared: Sequence[DeclaredResource], catalog: Catalog, region: str) -> Iterator[date | None]:
    used = used_prices(stack_bill(declared, region), catalog)
    yield from (row.price.as_of for row in used.machines if row.price.usd_per_hour is not None)
    yield from (row.as_of for row in used.units if row.usd_per_unit is not None)
