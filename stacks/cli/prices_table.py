"""Prices, and what becomes of them, as tables."""

from collections.abc import Iterable

from rich.table import Table

from components.catalog.instance_type import CatalogRow, InstanceType
from components.catalog.price_changes import PriceChanges
from components.catalog.services import Service
from stacks.cli.console import table

UNKNOWN = "unknown"
NONE = "none"
NUMBERS = ("vCPU", "memory GiB", "$/h", "spot $/h")
CHANGE_NUMBERS = ("before", "after", "change")


def prices_table(service: Service, rows: Iterable[CatalogRow]) -> Table:
    """Return one row a type of this service."""
    shown = table(
        f"{service}", "type", "region", "vCPU", "memory GiB", "accelerator", "$/h", "spot $/h", "as of", numbers=NUMBERS
    )
    for row in rows:
        instance, price = row.instance, row.price
        shown.add_row(
            instance.name,
            instance.region,
            _number(instance.vcpu),
            _number(instance.memory_gib),
            _accelerator(instance),
            _number(price.usd_per_hour),
            _number(price.spot_usd_per_hour),
            price.as_of.isoformat() if price.as_of else UNKNOWN,
        )
    return shown


def changes_table(changes: PriceChanges) -> Table:
    """Return one row a price that is not what it was."""
    shown = table("Prices that change", "type", "bought", *CHANGE_NUMBERS, "what", numbers=CHANGE_NUMBERS)
    for change in changes.changes:
        percent = UNKNOWN if change.percent is None else f"{change.percent:+.1f} %"
        shown.add_row(change.row, change.market, _number(change.before), _number(change.after), percent, change.kind)
    return shown


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.10g}"


def _accelerator(instance: InstanceType) -> str:
    if instance.accelerator is None:
        # A row without any specification says nothing of accelerators either.
        return UNKNOWN if instance.vcpu is None else NONE
    memory = f"{_number(instance.accelerator_memory_gib)} GiB"
    return f"{instance.accelerator_count} x {instance.accelerator}, {memory}"
