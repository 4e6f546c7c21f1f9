"""Local SSDs that a machine brings along are billed once: in its price, or beside it."""

from typing import Any

import pytest

from components.catalog.catalog import Catalog
from components.catalog.google_billing import SOURCE
from components.catalog.instance_type import SPOT_MARK
from components.catalog.services import Service
from components.catalog.unit_price import Unit, UnitPrice
from components.cost.month import CostLine
from components.platforms.choice import Cloud
from tests.components.cost.test_month import by_hand
from tests.support.raw_resources import node_pool
from tests.support.stack_costs import CATALOG, cost_of


def refreshed(name: str, source: str = SOURCE) -> Catalog:
    """The shipped catalog with the source of one machine's price as `prices refresh` writes it."""
    rows = tuple(
        row.model_copy(update={"price": row.price.model_copy(update={"source": source})})
        if row.key == (Service.COMPUTE_ENGINE, "us-central1", name)
        else row
        for row in CATALOG.rows
    )
    return CATALOG.model_copy(update={"rows": rows})


def ssd_lines(name: str, catalog: Catalog, **pool: Any) -> list[CostLine]:
    return [line for line in cost_of(node_pool(name, **pool), catalog=catalog).lines if "local SSD" in line.what]


@pytest.mark.parametrize(("name", "gb"), [("a2-ultragpu-1g", 375), ("a3-highgpu-1g", 750), ("a3-highgpu-8g", 6000)])
def test_a_price_that_leaves_them_out_makes_them_a_line_of_their_own(name: str, gb: int) -> None:
    (line,) = ssd_lines(name, refreshed(name), nodeCount=2)

    assert line.what == f"{gb} GB of local SSD on each {name}"
    assert "local-ssd us-central1 is not in the shipped unit prices" in line.unit_price.basis
    price = UnitPrice(provider=Cloud.GCP, item="local-ssd", region="us-central1", unit=Unit.GB_MONTH, usd_per_unit=0.08)
    catalog = refreshed(name, f"{SOURCE}{SPOT_MARK}a history")
    (line,) = ssd_lines(
        name, catalog.model_copy(update={"unit_prices": (*catalog.unit_prices, price)}),
        autoscaling={"minNodeCount": 0, "maxNodeCount": 2},
    )  # fmt: skip
    assert line.usd_per_month is not None
    assert (line.usd_per_month.minimum, line.usd_per_month.maximum) == (0, by_hand(f"2*{gb}*0.08"))


@pytest.mark.parametrize("name", ["a2-ultragpu-1g", "a3-highgpu-8g"])
def test_a_price_that_has_them_in_it_bills_them_once(name: str) -> None:
    assert ssd_lines(name, CATALOG, nodeCount=1) == []


def test_a_machine_without_them_has_no_line() -> None:
    assert ssd_lines("a2-highgpu-1g", refreshed("a2-highgpu-1g"), nodeCount=1) == []


def test_those_that_a_pool_names_are_counted_once() -> None:
    config = {"ephemeralStorageLocalSsdConfig": {"localSsdCount": 1}}

    (line,) = ssd_lines("a2-ultragpu-1g", refreshed("a2-ultragpu-1g"), nodeCount=1, config=config)

    assert line.what == "1 local SSDs of 375 GB a node"
