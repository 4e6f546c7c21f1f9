"""Disks that a program declares: their size is priced, and speed that is billed beside it is never free."""

from typing import Any

import pytest

from components.catalog.unit_price import Unit, UnitPrice
from components.cost.billed_units import CostKind
from components.platforms.choice import Cloud
from tests.components.cost.test_month import by_hand
from tests.support.raw_resources import Resource, node_pool
from tests.support.stack_costs import CATALOG, cost_of

# As somebody adds them who follows the message of a missing price.
ADDED = tuple(
    UnitPrice(provider=cloud, item=item, region=region, unit=Unit.GB_MONTH, usd_per_unit=0.125)
    for cloud, region, items in (
        (Cloud.AWS, "us-east-1", ("ebs-io1", "ebs-io2", "ebs-st1")),
        (Cloud.GCP, "us-central1", ("hyperdisk-balanced", "hyperdisk-extreme", "hyperdisk-ml", "pd-extreme")),
    )
    for item in items
)
PRICED = CATALOG.model_copy(update={"unit_prices": (*CATALOG.unit_prices, *ADDED)})


def volume(kind: str, **more: Any) -> Resource:
    return "aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 100, "type": kind, **more}


def disk(kind: str, **more: Any) -> Resource:
    return "gcp:compute/disk:Disk", {"zone": "us-central1-a", "size": 100, "type": kind, **more}


def boot_disk(**disk: Any) -> Resource:
    return node_pool("e2-standard-4", config={"bootDisk": {"diskType": "hyperdisk-balanced", **disk}}, nodeCount=1)


@pytest.mark.parametrize(
    "resource",
    [
        boot_disk(),
        boot_disk(provisionedIops=3001, provisionedThroughput=140),
        boot_disk(provisionedIops=3000, provisionedThroughput=141),
        node_pool("n4-standard-4", nodeCount=1),
        volume("io1", iops=100),
        volume("io2", iops=64_000),
        volume("gp3", iops=3001),
        volume("gp3", throughput=126),
        disk("hyperdisk-extreme", provisionedIops=100_000),
        disk("hyperdisk-extreme"),
        disk("hyperdisk-ml", provisionedThroughput=400),
        disk("pd-extreme", provisionedIops=10_000),
        disk("hyperdisk-balanced"),
        disk("hyperdisk-balanced", provisionedIops=3001, provisionedThroughput=140),
        disk("hyperdisk-balanced", provisionedIops=3000, provisionedThroughput=141),
        disk("projects/p/zones/us-central1-a/diskTypes/hyperdisk-balanced", provisionedIops=9000),
    ],
)
def test_speed_that_is_billed_beside_the_size_is_unknown_where_the_size_has_a_price(resource: Resource) -> None:
    unknown = cost_of(resource, catalog=PRICED).unknown

    (line,) = (line for line in unknown if line.kind is CostKind.UNPRICED)
    assert "not priced" in line.unit_price.basis


@pytest.mark.parametrize(
    ("resource", "usd"),
    [
        # What EC2 itself writes of a gp2 volume: its baseline.
        (volume("gp2", iops=300, throughput=0), "100*0.1"),
        (volume("st1"), "100*0.125"),
        (volume("gp3", iops=3000, throughput=125), "100*0.08"),
        (volume("gp3"), "100*0.08"),
        (disk("pd-ssd", provisionedIops=0), "100*0.17"),
        (disk("hyperdisk-balanced", provisionedIops=3000, provisionedThroughput=140), "100*0.125"),
        (boot_disk(provisionedIops=3000, provisionedThroughput=140), "0.134023*730+100*0.125"),
    ],
)
def test_speed_that_comes_with_the_size_costs_nothing(resource: Resource, usd: str) -> None:
    total = cost_of(resource, catalog=PRICED).total

    assert total is not None
    assert total.maximum == by_hand(usd)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("hyperdisk-balanced", "; write 3000 and 140 at the most, or another type"), ("pd-extreme", "are not priced")],
)
def test_a_disk_with_a_speed_that_is_included_is_told_which(kind: str, end: str) -> None:
    (line,) = cost_of(disk(kind)).unknown

    assert line.unit_price.basis.endswith(end)
