"""
Read what `aws ec2 describe-spot-price-history` prints.

The command needs credentials, so this package does not run it. Format:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from components.catalog.instance_type import RowKey
from components.catalog.price_list import DECIMALS, Market, PriceList, Quote, checked, malformed
from components.catalog.services import Service

LINUX = frozenset({"Linux/UNIX", "Linux/UNIX (Amazon VPC)"})
# `us-east-1a`; a local zone, `us-east-1-bos-1a`, is a market of its own.
ZONE = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)[a-z]")


class SpotPrice(BaseModel):
    """One change of a price in one availability zone."""

    model_config = ConfigDict(frozen=True)

    zone: str = Field(alias="AvailabilityZone")
    name: str = Field(alias="InstanceType")
    product: str = Field(alias="ProductDescription")
    usd_per_hour: float = Field(alias="SpotPrice", gt=0, allow_inf_nan=False)
    since: AwareDatetime = Field(alias="Timestamp")


class SpotHistory(BaseModel):
    """The command's document."""

    model_config = ConfigDict(frozen=True)

    prices: tuple[SpotPrice, ...] = Field(alias="SpotPriceHistory")


def read_spot_history(content: Any, path: str, wanted: Iterable[RowKey]) -> PriceList:  # noqa: ANN401 - JSON
    """
    Return the median over availability zones of each zone's newest price, for the wanted types on Linux.

    A history holds the types that were asked for, so a type that is not in it keeps its price.

    Raises:
        InvalidArgs: The document has another shape, or no Linux price in it.
    """
    newest = dict[tuple[str, str], SpotPrice]()
    for price in checked(SpotHistory, content, path).prices:
        if price.product in LINUX and ZONE.fullmatch(price.zone):
            held = newest.get((price.name, price.zone))
            if held is None or held.since < price.since:
                newest[price.name, price.zone] = price
    if not newest:
        raise malformed(path, "no such price", "it holds prices of Linux/UNIX in availability zones")
    by_type = defaultdict[tuple[str, str], list[float]](list)
    for (name, zone), price in newest.items():
        match = ZONE.fullmatch(zone)
        if match:
            by_type[match["region"], name].append(price.usd_per_hour)
    keys = frozenset(wanted)
    return PriceList(
        source="EC2 spot price history, median of the zones' newest prices",
        as_of=max(price.since for price in newest.values()).date(),
        quotes=tuple(
            Quote(
                service=Service.EC2, region=region, name=name, market=Market.SPOT,
                usd_per_hour=round(median(prices), DECIMALS),
            )
            for (region, name), prices in by_type.items()
            if (Service.EC2, region, name) in keys
        ),
    )  # fmt: skip
