"""
Read an offer file of AWS, `AmazonEC2` or `AmazonSageMaker`, of one region or of all.

Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/bulk-api-reading-price-list-files.html (read
2026-11-24). The filters on EC2 are those of Karpenter's price provider, on SageMaker those of sagemaker-core and of
vantage-sh/ec2instances.info.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from components.catalog.instance_type import RowKey
from components.catalog.json_stream import Path, members
from components.catalog.price_list import Market, PriceList, Quote, malformed, one_price
from components.catalog.services import Service
from optimizers.json_text import NotJson


class Offer(BaseModel):
    """
    Which products of an offer file are hours of which service.

    Attributes:
        name: Attribute that holds the type's name.
        filters: Attributes that a product must have; `productFamily` is the product's own.
        services: Value of the attribute `component` to the service; of `ALL` where there is one service only.
        component: Attributes that say what the hour is for, the first that is there counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    filters: tuple[Mapping[str, str], ...]
    services: Mapping[str, Service]
    component: tuple[str, ...] = ()


ALL = ""
LINUX = {
    "servicecode": "AmazonEC2",
    "preInstalledSw": "NA",
    "operatingSystem": "Linux",
    "capacitystatus": "Used",  # others are reservations, some at 0
    "marketoption": "OnDemand",  # others are capacity blocks, which share all other attributes
}
OFFERS = {
    "AmazonEC2": Offer(
        name="instanceType",
        filters=(
            {**LINUX, "tenancy": "Shared", "productFamily": "Compute Instance"},
            {**LINUX, "tenancy": "Dedicated", "productFamily": "Compute Instance (bare metal)"},
        ),
        services={ALL: Service.EC2},
    ),
    "AmazonSageMaker": Offer(
        name="instanceName",  # `instanceType` carries a suffix like `-Hosting`
        filters=({"productFamily": "ML Instance", "locationType": "AWS Region"},),
        services={
            "Hosting": Service.SAGEMAKER_HOSTING,
            "BatchTransform": Service.SAGEMAKER_BATCH_TRANSFORM,
        },
        component=("platoinstancetype", "component"),
    ),
}
HOURS = "Hrs"
ON_DEMAND = ("terms", "OnDemand")


def opens(path: Path) -> bool:
    """Return whether the object at `path` of an offer file is descended into."""
    return path in {("products",), ("terms",)} or (path[:1] == ("terms",) and len(path) == len(ON_DEMAND))


def read_offer_file(chunks: Iterator[str], path: str, wanted: Iterable[RowKey]) -> PriceList:
    """
    Return the on-demand prices of the wanted types.

    Args:
        chunks: The file's text, in parts of any length.
        path: The file, for messages.
        wanted: Service, region and name of each row of the catalog; other types are passed over.

    Raises:
        InvalidArgs: The file is not JSON, breaks off, is of another format, or has none of the wanted types.
    """
    head, products, terms = _parts(chunks, path)
    offer = OFFERS[head["offerCode"]]
    sellable = frozenset(offer.services.values())
    wanted = frozenset(key for key in wanted if key[0] in sellable)
    prices = defaultdict[RowKey, list[float]](list)
    regions = set[str]()
    for sku, product in products.items():
        key = _key(product, offer)
        if key is None:
            continue
        regions.add(key[1])
        if key in wanted:
            prices[key].extend(_hourly(terms.get(sku), path, sku))
    covered = {key[:2] for key in wanted if key[1] in regions}
    for service, region in covered:
        if not any(found and key[:2] == (service, region) for key, found in prices.items()):
            raise malformed(path, "no price", f"the catalog's types of {service} in {region} are priced in it")
    agreed = {key: one_price(found) for key, found in prices.items() if found}
    return PriceList(
        source=f"AWS Price List {head['offerCode']}, version {head.get('version', 'unknown')}",
        as_of=_day(head, path),
        quotes=tuple(
            Quote(service=key[0], region=key[1], name=key[2], market=Market.ON_DEMAND, usd_per_hour=price)
            for key, price in agreed.items()
            if price is not None
        ),
        covers=frozenset((service, region, Market.ON_DEMAND) for service, region in covered),
        unclear=frozenset(key for key, price in agreed.items() if price is None),
        remarks=tuple(_disagreement(path, key, prices[key]) for key, price in agreed.items() if price is None),
    )


def _disagreement(path: str, key: RowKey, prices: Iterable[float]) -> str:
    shown = ", ".join(f"{price:g}" for price in sorted(set(prices)))
    return f"{path} has several prices for {' '.join(key)}, {shown}; its price stays"


def _parts(chunks: Iterator[str], path: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the head, the products and the on-demand terms that can matter; both of the latter by sku."""
    head, products, terms = dict[str, Any](), dict[str, Any](), dict[str, Any]()
    seen = set[str]()
    try:
        for place, value in members(chunks, opens):
            match place:
                case (field,):
                    head[field] = value
                case ("products", sku):
                    seen.add("products")
                    if _may_match(value, head):
                        products[sku] = value
                case ("terms", "OnDemand", sku):
                    # Products come first in every offer file seen; where they do not, every term is kept.
                    seen.add("terms.OnDemand")
                    if "products" not in seen or sku in products:
                        terms[sku] = value
                case _:
                    pass
    except NotJson as error:
        raise malformed(path, str(error), "a price list is a whole JSON document") from None
    _check_parts(head, seen, path)
    return head, products, terms


def _check_parts(head: dict[str, Any], seen: set[str], path: str) -> None:
    if head.get("offerCode") not in OFFERS:
        known = " or ".join(f"`{code}`" for code in OFFERS)
        raise malformed(path, f"the offerCode `{head.get('offerCode')}`", f"it is an offer file of {known}")
    for part in ("products", "terms.OnDemand"):
        if part not in seen:
            raise malformed(path, f"no `{part}`", "an offer file has products and on-demand terms")


def _may_match(product: Any, head: dict[str, Any]) -> bool:  # noqa: ANN401 - any JSON value
    offer = OFFERS.get(str(head.get("offerCode")))
    return offer is None or _key(product, offer) is not None


def _key(product: Any, offer: Offer) -> RowKey | None:  # noqa: ANN401 - any JSON value
    attributes = product.get("attributes") if isinstance(product, dict) else None
    if not isinstance(attributes, dict):
        return None
    found = {**attributes, "productFamily": product.get("productFamily")}
    if not any(all(found.get(name) == value for name, value in needed.items()) for needed in offer.filters):
        return None
    component = next((str(found[name]) for name in offer.component if found.get(name)), ALL)
    service, region, name = offer.services.get(component), found.get("regionCode"), found.get(offer.name)
    if service is None or not isinstance(region, str) or not isinstance(name, str):
        return None
    return service, region, name


def _hourly(offers: Any, path: str, sku: str) -> Iterator[float]:  # noqa: ANN401 - any JSON value
    """Yield the prices of an hour; 0 is how a list writes that there is none."""
    if offers is None:
        return
    try:
        dimensions = [item for offer in offers.values() for item in offer["priceDimensions"].values()]
        texts = [item["pricePerUnit"]["USD"] for item in dimensions if item["unit"] == HOURS]
        prices = [float(text) for text in texts]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        got = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise malformed(path, got, f"the term of sku {sku} has a price in USD an hour") from None
    for price in prices:
        if not math.isfinite(price) or price < 0:
            raise malformed(path, f"`{price:g}`", f"the price of sku {sku} is a finite number, 0 or more")
        if price > 0:
            yield price


def _day(head: dict[str, Any], path: str) -> date:
    text = str(head.get("publicationDate"))
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise malformed(path, f"`{text}`", "publicationDate is a day") from None
