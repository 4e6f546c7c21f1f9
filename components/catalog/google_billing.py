"""
Read SKU pages of Google's Cloud Billing Catalog for Compute Engine.

A machine has no SKU. Its price is the sum of its parts: vCPUs, memory, GPUs. Local SSD, which some machines bring along,
is not in it, and the source that is written with it says so; the prices that ship have it in them. Format:
https://cloud.google.com/billing/v1/how-tos/catalog-api (read 2026-11-24). Descriptions: build/mapping.csv of
Cyclenerd/google-cloud-pricing-cost-calculator@08440e7.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from components.catalog.instance_type import WITHOUT_LOCAL_SSD, CatalogRow, InstanceType
from components.catalog.price_list import Market, PriceList, Quote, checked, malformed
from components.catalog.services import Service

COMPUTE_ENGINE_SERVICE = "6F81-5844-456A"
SOURCE = f"Cloud Billing Catalog API, Compute Engine: vCPU + memory + GPU, {WITHOUT_LOCAL_SSD}"
# The part of a name before its size. Others, like `e2-micro`, are billed by a fraction of a vCPU.
SHAPES = frozenset({"standard", "highmem", "highcpu", "highgpu", "ultragpu"})
# First part of a name to the description of its vCPUs and memory.
FAMILIES = {
    "a2": "A2 Instance", "a3": "A3 Instance", "c3": "C3 Instance", "c4": "C4 Instance", "e2": "E2 Instance",
    "g2": "G2 Instance", "g4": "G4 Instance", "n1": "N1 Predefined Instance", "n2": "N2 Instance",
    "t2d": "T2D AMD Instance",
}  # fmt: skip
# A series, or an accelerator that is added to a machine, to the description of its GPU.
GPUS = {
    "a2-highgpu": "Nvidia Tesla A100 GPU", "a2-ultragpu": "Nvidia Tesla A100 80GB GPU",
    "a3-highgpu": "Nvidia H100 80GB GPU", "g2-standard": "Nvidia L4 GPU", "g4-standard": "RTX 6000 96GB",
    "nvidia-tesla-t4": "Nvidia Tesla T4 GPU", "nvidia-tesla-v100": "Nvidia Tesla V100 GPU",
}  # fmt: skip
USAGE_TYPES = {Market.ON_DEMAND: "OnDemand", Market.SPOT: "Preemptible"}
HOUR, GIB_HOUR = "h", "GiBy.h"
MICRO_DOLLAR = Decimal("0.000001")


class UnitPrice(BaseModel):
    """An amount of money: whole units, and billionths of one."""

    model_config = ConfigDict(frozen=True)

    currency: str = Field(alias="currencyCode", pattern="^USD$")
    units: int = Field(default=0, ge=0)
    nanos: int = Field(default=0, ge=0, lt=10**9)


class Tier(BaseModel):
    """The price of a unit from some amount of use on."""

    model_config = ConfigDict(frozen=True)

    price: UnitPrice = Field(alias="unitPrice")


class Expression(BaseModel):
    """A price for a unit of use."""

    model_config = ConfigDict(frozen=True)

    unit: str = Field(alias="usageUnit")
    tiers: tuple[Tier, ...] = Field(alias="tieredRates", min_length=1)


class PricingInfo(BaseModel):
    """A price and since when it holds."""

    model_config = ConfigDict(frozen=True)

    expression: Expression = Field(alias="pricingExpression")
    since: datetime = Field(alias="effectiveTime")


class Category(BaseModel):
    """How it is sold."""

    model_config = ConfigDict(frozen=True)

    usage_type: str = Field(alias="usageType")


class Sku(BaseModel):
    """One thing that is billed."""

    model_config = ConfigDict(frozen=True)

    description: str
    category: Category
    regions: tuple[str, ...] = Field(alias="serviceRegions")
    pricing: tuple[PricingInfo, ...] = Field(alias="pricingInfo", min_length=1)


class Page(BaseModel):
    """One page of the SKU list; it is checked sku by sku, as most are of no interest."""

    model_config = ConfigDict(frozen=True)

    skus: tuple[dict[str, Any], ...] = Field(min_length=1)


Prices = Mapping[tuple[Market, str, str, str], frozenset[Decimal]]
Part = tuple[str, str, Decimal]


def read_sku_pages(pages: Iterable[tuple[str, Any]], rows: Iterable[CatalogRow]) -> PriceList:
    """
    Return the prices of the catalog's machines and GPUs.

    Args:
        pages: Path and content of every page; a machine's parts may be on different ones.
        rows: The catalog: what a machine consists of. Rows of other services are passed over.

    Raises:
        InvalidArgs: A page has another shape, a price in another currency, or none of the catalog's parts is in them.
    """
    prices, as_of, path = _prices(pages)
    quotes, unclear = list[Quote](), list[CatalogRow]()
    for row in rows:
        if row.instance.service not in {Service.COMPUTE_ENGINE, Service.COMPUTE_ENGINE_GPU}:
            continue
        parts = tuple(_parts(row.instance))
        found = {market: _total(parts, market, row.instance.region, prices) for market in Market}
        if not parts or found[Market.ON_DEMAND] is None:
            unclear.append(row)
        quotes.extend(
            Quote(
                service=row.instance.service, region=row.instance.region, name=row.instance.name, market=market,
                usd_per_hour=float(total),
            )
            for market, total in found.items()
            if parts and total
        )  # fmt: skip
    if not quotes:
        raise malformed(path, "no price", "it prices parts of the catalog's Compute Engine machines")
    names = ", ".join(row.label for row in unclear)
    remark = f"{path} does not hold one price for each part of {names}; the prices of these stay"
    return PriceList(
        source=SOURCE,
        as_of=as_of,
        quotes=tuple(quotes),
        unclear=frozenset(row.key for row in unclear),
        remarks=(remark,) if unclear else (),
    )


def _prices(pages: Iterable[tuple[str, Any]]) -> tuple[Prices, date, str]:
    """Return market, region, description and unit to the prices of a unit, their newest day, and the last path."""
    found = dict[tuple[Market, str, str, str], frozenset[Decimal]]()
    newest, path = date.min, ""
    markets = {usage: market for market, usage in USAGE_TYPES.items()}
    for path, content in pages:
        for raw in checked(Page, content, path).skus:
            category = raw.get("category")
            # Others, like licences and commitments, have shapes of their own.
            if not isinstance(category, dict) or category.get("resourceFamily") != "Compute":
                continue
            if category.get("usageType") not in markets:
                continue
            sku = checked(Sku, raw, path)
            # Last: the newest price. Last tier: past any free use.
            pricing = sku.pricing[-1]
            amount = pricing.expression.tiers[-1].price
            price = Decimal(amount.units) + Decimal(amount.nanos).scaleb(-9)
            if not price:
                continue  # how a list writes that there is none
            newest = max(newest, pricing.since.date())
            description, _, _ = sku.description.partition(" in ")
            for region in sku.regions:
                key = markets[sku.category.usage_type], region, description, pricing.expression.unit
                found[key] = found.get(key, frozenset()) | {price}
    return found, newest, path


def _parts(instance: InstanceType) -> Iterator[Part]:
    """Yield on-demand description, unit and amount of each part; nothing where the parts are not known."""
    family, _, rest = instance.name.partition("-")
    shape = rest.partition("-")[0]
    series = f"{family}-{shape}" if instance.service is Service.COMPUTE_ENGINE else instance.name
    gpu = GPUS.get(series)
    is_machine = instance.service is Service.COMPUTE_ENGINE
    knows_machine = family in FAMILIES and shape in SHAPES and instance.vcpu and instance.memory_gib
    # A row that forgets the GPU of its series would be priced without it.
    knows_gpu = (instance.accelerator_count is None) == (gpu is None)
    if not knows_gpu or (is_machine and not knows_machine):
        return
    if is_machine and instance.vcpu and instance.memory_gib:
        yield f"{FAMILIES[family]} Core running", HOUR, Decimal(instance.vcpu)
        yield f"{FAMILIES[family]} Ram running", GIB_HOUR, Decimal(str(instance.memory_gib))
    if gpu is not None and instance.accelerator_count:
        yield f"{gpu} running", HOUR, Decimal(instance.accelerator_count)


def _total(parts: Iterable[Part], market: Market, region: str, prices: Prices) -> Decimal | None:
    total = Decimal(0)
    for description, unit, amount in parts:
        found = prices.get((market, region, _described(description, market), unit), frozenset())
        if len(found) != 1:
            return None
        total += next(iter(found)) * amount
    return total.quantize(MICRO_DOLLAR)


def _described(description: str, market: Market) -> str:
    """Return the description in a market: `Spot Preemptible E2 Instance Core running`, `… GPU attached to Spot …`."""
    if market is Market.ON_DEMAND:
        return description
    gpu = description.removesuffix(" running")
    return (
        f"{gpu} attached to Spot Preemptible VMs running" if gpu in GPUS.values() else f"Spot Preemptible {description}"
    )
