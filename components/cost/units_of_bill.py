"""Everything of a bill that is billed by another unit than a machine's hour, under a catalog and a traffic."""

from collections.abc import Iterator

from components.catalog.catalog import Catalog
from components.cost.billed_units import BilledUnits
from components.cost.bundled_local_ssds import bundled_ssd_units
from components.cost.eks_support import control_plane_units
from components.cost.gke import LOCAL_SSD
from components.cost.month import disk_units
from components.cost.serverless import serverless_units
from components.cost.stack_bill import StackBill
from components.cost.usage import Usage


def units_of_bill(bill: StackBill, catalog: Catalog, usage: Usage) -> Iterator[BilledUnits]:
    """Return the units of every resource, those of disks, control planes and serverless memory among them."""
    yield from bill.units
    # A pool that says how many local SSDs its nodes use names those that their machines bring along.
    named = {units.resource for units in bill.units if units.item == LOCAL_SSD}
    yield from (control_plane_units(plane, catalog.day) for plane in bill.control_planes)
    for machines in bill.machines:
        yield from disk_units(machines)
        if machines.resource not in named:
            yield from bundled_ssd_units(machines, catalog)
    for variant in bill.serverless:
        yield from serverless_units(variant, usage)
