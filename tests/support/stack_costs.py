"""The cost of resources as a program by hand writes them, named r0, r1, …"""

from datetime import date

from components.catalog.catalog import Catalog
from components.catalog.prices_file import read_catalog
from components.cost.declared_resource import DeclaredResource
from components.cost.month import MonthlyCost
from components.cost.stack_cost import stack_cost
from components.cost.usage import UNKNOWN_USAGE, Usage
from tests.support.raw_resources import Resource

CATALOG = read_catalog(None, date(2026, 11, 24))


def declared(*resources: Resource) -> list[DeclaredResource]:
    return [
        DeclaredResource(name=f"r{number}", type=token, props=props) for number, (token, props) in enumerate(resources)
    ]


def cost_of(
    *resources: Resource,
    catalog: Catalog = CATALOG,
    region: str = "us-east-1",
    usage: Usage = UNKNOWN_USAGE,
    machines_paid_elsewhere: bool = False,
) -> MonthlyCost:
    return stack_cost(declared(*resources), catalog, region, usage, machines_paid_elsewhere=machines_paid_elsewhere)
