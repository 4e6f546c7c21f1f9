"""
A refresh of the shipped catalog from lists as the providers write them.

The files in `price_lists/` were written by hand after the documented formats and after public examples; the prices of
Windows, reservations, capacity blocks, training and licences in them are traps.
"""

from pathlib import Path

import pytest

from components.catalog.lint import lint
from components.catalog.price_changes import ChangeKind, compare
from components.catalog.price_files import price_files, read_price_lists
from components.catalog.prices_file import read_catalog
from components.catalog.refresh import refresh
from components.catalog.services import Service
from tests.support.catalog_rows import TODAY

LISTS = Path(__file__).with_name("price_lists")
BEFORE = read_catalog(None, TODAY)
AFTER = refresh(BEFORE.rows, read_price_lists(price_files(LISTS), BEFORE.rows))
PRICES = {row.key: row.price for row in AFTER.rows}


@pytest.mark.parametrize(
    ("service", "region", "name", "usd_per_hour", "source", "day"),
    [
        (Service.EC2, "us-east-1", "g5.xlarge", 1.006, "AWS Price List AmazonEC2, version 20261120210751", "2026-11-20"),
        (Service.EC2, "us-east-1", "p5.48xlarge", 50.0, "AWS Price List AmazonEC2, version 20261120210751", "2026-11-20"),
        (
            Service.SAGEMAKER_HOSTING, "us-east-1", "ml.g5.xlarge", 1.4084,
            "AWS Price List AmazonSageMaker, version 20261118154410", "2026-11-18",
        ),
        (
            Service.COMPUTE_ENGINE, "us-central1", "a2-highgpu-1g", 3.673385,
            "Cloud Billing Catalog API, Compute Engine: vCPU + memory + GPU, without local SSD", "2026-11-22",
        ),
    ],
)  # fmt: skip
def test_a_price_is_that_of_an_hour_of_the_machine_and_nothing_else(  # noqa: PLR0913, PLR0917 - what a price is
    service: Service, region: str, name: str, usd_per_hour: float, source: str, day: str
) -> None:
    price = PRICES[service, region, name]

    assert price.usd_per_hour == usd_per_hour
    assert price.source.partition(" ; spot: ")[0] == source
    assert str(price.as_of) == day


def test_spot_is_the_median_of_the_newest_linux_prices() -> None:
    price = PRICES[Service.EC2, "us-east-1", "g5.xlarge"]

    assert price.spot_usd_per_hour == 0.4871
    assert price.basis(spot=True) == "EC2 spot price history, median of the zones' newest prices, 2026-11-21"


def test_no_list_touches_what_it_says_nothing_of() -> None:
    kept = (Service.CLOUD_TPU, Service.VERTEX_AI_CUSTOM_TRAINING, Service.SAGEMAKER, Service.COMPUTE_ENGINE_GPU)
    before = {row.key: row.price for row in BEFORE.rows}

    for key, price in PRICES.items():
        if key[0] in kept or key[1] == "us-west-2":
            assert price == before[key]


def test_the_result_breaks_no_rule_and_every_difference_is_told() -> None:
    changes = compare(BEFORE.rows, AFTER.rows)

    assert lint(AFTER.rows, TODAY) == ()
    moved = {change.row: change.percent for change in changes.of(ChangeKind.CHANGED) if change.market == "on-demand"}
    assert moved["ec2 us-east-1 p5.48xlarge"] == -9.16
    assert "ec2 us-east-1 g5.xlarge" not in moved
    # The lists hold two types of EC2 and one of hosting, so the other 41 and 32 have no price in them.
    assert len(changes.of(ChangeKind.REMOVED)) == 41 + 32
    assert all(change.after is None for change in changes.of(ChangeKind.REMOVED))
