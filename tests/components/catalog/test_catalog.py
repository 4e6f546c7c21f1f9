from datetime import date

import pytest

from components.catalog.catalog import Catalog
from components.catalog.services import PROVIDERS, Service
from tests.support.catalog_rows import row

CATALOG = Catalog(
    origin="prices.csv",
    rows=(row(), row(name="g5.2xlarge", usd_per_hour=None, spot_usd_per_hour=None), row(Service.SAGEMAKER_HOSTING)),
)


def test_a_price_is_found_by_service_region_and_type_with_its_basis() -> None:
    found = CATALOG.usd_per_hour(Service.EC2, "us-east-1", "g5.xlarge")

    assert (found.value, found.basis) == (1.0, "a price list, 2026-11-01")
    assert CATALOG.usd_per_hour(Service.EC2, "us-east-1", "g5.xlarge", spot=True).value == 0.4


@pytest.mark.parametrize(
    ("region", "name", "reason"),
    [
        ("us-east-1", "g5.2xlarge", "ec2 us-east-1 g5.2xlarge has no price in prices.csv"),
        ("us-east-1", "g5.xlrge", "ec2 us-east-1 g5.xlrge is not in prices.csv; near it: g5.xlarge, g5.2xlarge"),
        ("eu-west-1", "g5.xlarge", "ec2 eu-west-1 g5.xlarge is not in prices.csv; it is priced in us-east-1"),
        ("us-east-1", "z9.huge", "ec2 us-east-1 z9.huge is not in prices.csv"),
    ],
)
def test_an_unknown_price_is_no_number_and_says_why(region: str, name: str, reason: str) -> None:
    found = CATALOG.usd_per_hour(Service.EC2, region, name)

    assert (found.value, found.basis) == (None, reason)


def test_an_unknown_spot_price_says_that_it_is_spot() -> None:
    found = CATALOG.usd_per_hour(Service.EC2, "us-east-1", "g5.2xlarge", spot=True)

    assert (found.value, found.basis) == (None, "ec2 us-east-1 g5.2xlarge has no spot price in prices.csv")


def test_a_spot_price_with_a_source_of_its_own_rests_on_that() -> None:
    price = row(source="list A ; spot: history, 2026-11-20", as_of=date(2026, 1, 1)).price

    assert price.basis(spot=False) == "list A, 2026-01-01"
    assert price.basis(spot=True) == "history, 2026-11-20"
    assert row(as_of=None).price.basis(spot=True) == "a price list, undated"


def test_every_service_has_a_provider() -> None:
    assert set(PROVIDERS) == set(Service)
