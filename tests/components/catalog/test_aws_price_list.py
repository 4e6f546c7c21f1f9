"""Offer files: which product is which hour, and what is no price."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.aws_price_list import read_offer_file
from components.catalog.price_list import Market, PriceList
from components.catalog.services import Service
from optimizers.errors import InvalidArgs
from tests.support.price_lists import Document, ec2_file, ec2_product, offer_file, sagemaker_product, term

EC2 = (Service.EC2, "us-east-1", "g5.xlarge")
HOSTING = (Service.SAGEMAKER_HOSTING, "us-east-1", "ml.g5.xlarge")
BATCH = (Service.SAGEMAKER_BATCH_TRANSFORM, "us-east-1", "ml.g5.xlarge")


def read(document: Document | str, *wanted: tuple[Service, str, str], size: int = 1 << 20) -> PriceList:
    text = document if isinstance(document, str) else json.dumps(document)
    chunks: Iterator[str] = (text[start : start + size] for start in range(0, len(text), size))
    return read_offer_file(chunks, "ec2.json", wanted or (EC2,))


def prices(found: PriceList) -> dict[tuple[str, str], float]:
    return {(quote.service, quote.name): quote.usd_per_hour for quote in found.quotes}


def refused(document: Document | str) -> str:
    with pytest.raises(InvalidArgs) as caught:
        read(document)
    (issue,) = caught.value.issues
    assert issue.path == "ec2.json"
    assert issue.fix == "the old prices are kept; download the list again"
    return str(issue)


def test_a_type_of_the_catalog_gets_its_price_day_and_source() -> None:
    found = read(ec2_file({"g5.xlarge": "1.0060000000", "g5.2xlarge": "1.2120000000"}))

    assert prices(found) == {("ec2", "g5.xlarge"): 1.006}
    assert found.as_of == date(2026, 11, 20)
    assert found.source == "AWS Price List AmazonEC2, version 20261120210751"
    assert found.covers == {(Service.EC2, "us-east-1", Market.ON_DEMAND)}


@pytest.mark.parametrize(
    "changes",
    [
        {"operatingSystem": "Windows"},
        {"preInstalledSw": "SQL Web"},
        {"tenancy": "Dedicated"},
        {"capacitystatus": "UnusedCapacityReservation"},
        {"marketoption": "CapacityBlock"},
        {"servicecode": "AmazonEKS"},
        {"productFamily": "Dedicated Host"},
    ],
)
def test_an_hour_of_something_else_is_passed_over(changes: dict[str, str]) -> None:
    products = [ec2_product("A", "g5.xlarge"), ec2_product("B", "g5.xlarge", **changes)]

    found = read(offer_file("AmazonEC2", products, {"A": "1.006", "B": "0.5"}))

    assert prices(found) == {("ec2", "g5.xlarge"): 1.006}


def test_a_bare_machine_is_dedicated() -> None:
    metal = ec2_product("M", "g5.metal", tenancy="Dedicated", productFamily="Compute Instance (bare metal)")

    found = read(offer_file("AmazonEC2", [metal], {"M": "16.288"}), (Service.EC2, "us-east-1", "g5.metal"))

    assert prices(found) == {("ec2", "g5.metal"): 16.288}


def test_each_component_of_sagemaker_is_a_service_of_its_own() -> None:
    products = [
        sagemaker_product("A", "ml.g5.xlarge"),
        sagemaker_product("B", "ml.g5.xlarge", platoinstancetype="BatchTransform"),
        sagemaker_product("C", "ml.g5.xlarge", platoinstancetype="Training"),
        sagemaker_product("D", "ml.g5.xlarge", locationType="AWS Outposts"),
        sagemaker_product("E", "ml.g5.xlarge", platoinstancetype="", component="Hosting"),
    ]

    found = read(
        offer_file("AmazonSageMaker", products, {"A": "1.408", "B": "1.5", "C": "2", "D": "3", "E": "1.408"}),
        EC2, HOSTING, BATCH,
    )  # fmt: skip

    assert prices(found) == {
        ("sagemaker-hosting", "ml.g5.xlarge"): 1.408,
        ("sagemaker-batch-transform", "ml.g5.xlarge"): 1.5,
    }
    assert {service for service, _, _ in found.covers} == {HOSTING[0], BATCH[0]}


def test_zero_is_no_price_and_no_other_type_of_the_region_hides_that() -> None:
    document = ec2_file({"g5.xlarge": "0.0000000000", "g6.xlarge": "0.8048000000"})

    found = read(document, EC2, (Service.EC2, "us-east-1", "g6.xlarge"))

    assert prices(found) == {("ec2", "g6.xlarge"): 0.8048}
    assert found.unclear == frozenset()


def test_two_prices_for_one_type_are_no_price() -> None:
    products = [ec2_product("A", "g5.xlarge"), ec2_product("B", "g5.xlarge", operation="RunInstances:0100")]

    found = read(offer_file("AmazonEC2", products, {"A": "1.006", "B": "1.1"}))

    assert found.quotes == ()
    assert found.unclear == {EC2}
    assert found.remarks == ("ec2.json has several prices for ec2 us-east-1 g5.xlarge, 1.006, 1.1; its price stays",)
    assert prices(read(offer_file("AmazonEC2", products, {"A": "1.1", "B": "1.1"}))) == {("ec2", "g5.xlarge"): 1.1}


def test_a_region_that_the_file_does_not_cover_is_not_covered() -> None:
    found = read(ec2_file({"g5.xlarge": "1.006"}), EC2, (Service.EC2, "eu-west-1", "g5.xlarge"))

    assert {region for _, region, _ in found.covers} == {"us-east-1"}


def test_terms_before_products_are_read_too() -> None:
    document = ec2_file({"g5.xlarge": "1.006"})
    turned = {key: document[key] for key in ("terms", "products", "offerCode", "publicationDate")}

    assert prices(read(turned)) == {("ec2", "g5.xlarge"): 1.006}


@given(st.floats(0.0001, 500), st.integers(1, 400))
def test_any_price_is_read_from_chunks_of_any_length(usd: float, size: int) -> None:
    text = f"{usd:.10f}"

    assert prices(read(ec2_file({"g5.xlarge": text}), size=size)) == {("ec2", "g5.xlarge"): float(text)}


def broken_term(change: Any) -> Document:
    document = ec2_file({"g5.xlarge": "1.006"})
    (offer,) = document["terms"]["OnDemand"]["SKUg5.xlarge"].values()
    (dimension,) = offer["priceDimensions"].values()
    dimension["pricePerUnit"] = change
    return document


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "got the offerCode `None`; it is an offer file of `AmazonEC2` or `AmazonSageMaker`"),
        (offer_file("AmazonRDS", [], {}), "got the offerCode `AmazonRDS`"),
        (ec2_file({"g5.xlarge": "1"}) | {"products": {}}, "got no `products`"),
        (ec2_file({"g5.xlarge": "1"}) | {"terms": {}}, "got no `terms.OnDemand`"),
        (ec2_file({"g5.xlarge": "1"}) | {"publicationDate": "soon"}, "got `soon`; publicationDate is a day"),
        (ec2_file({"g6.xlarge": "1"}), "got no price; the catalog's types of ec2 in us-east-1 are priced in it"),
        (broken_term({"CNY": "7"}), "has a price in USD an hour"),
        (broken_term({"USD": "cheap"}), "has a price in USD an hour"),
        (broken_term({"USD": "-1"}), "got `-1`; the price of sku SKUg5.xlarge is a finite number"),
        (broken_term({"USD": "NaN"}), "got `nan`; the price of sku SKUg5.xlarge is a finite number"),
        (broken_term(None), "has a price in USD an hour"),
        (json.dumps(ec2_file({"g5.xlarge": "1"}))[:-400], "a price list is a whole JSON document"),
        ("<html>", "got `<` instead of `{` at character 0"),
    ],
)
def test_a_malformed_list_is_refused_in_one_sentence(document: Document | str, words: str) -> None:
    assert words in refused(document)


def test_a_price_by_another_unit_is_no_price_of_an_hour() -> None:
    document = ec2_file({"g5.xlarge": "1.006", "g6.xlarge": "1"})
    document["terms"]["OnDemand"]["SKUg5.xlarge"] = json.loads(
        json.dumps(term("SKUg5.xlarge", "1.006")).replace('"Hrs"', '"Quantity"')
    )

    assert prices(read(document, EC2, (Service.EC2, "us-east-1", "g6.xlarge"))) == {("ec2", "g6.xlarge"): 1.0}
