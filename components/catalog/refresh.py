"""Take the prices of lists into the rows of the catalog. Prices move; types are added by hand, with their specifications."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from components.catalog.instance_type import SPOT_MARK, CatalogRow, Price, RowKey
from components.catalog.price_list import Market, PriceList, Quote

# Of an on-demand price that nobody has read, where the column goes on with the source of a spot price.
NO_SOURCE = "none"


class Refreshed(BaseModel):
    """
    The rows after a refresh.

    Attributes:
        remarks: What was passed over and why, one sentence each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[CatalogRow, ...]
    remarks: tuple[str, ...]


def refresh(rows: Sequence[CatalogRow], lists: Iterable[PriceList]) -> Refreshed:
    """
    Return the rows with the prices of the lists, the newest list last.

    A type that a complete list leaves out becomes unknown. A list that is older than a row's price leaves it as it is.
    """
    remarks = list[str]()
    for prices in sorted(lists, key=lambda item: item.as_of):
        quotes = {(quote.key, quote.market): quote for quote in prices.quotes}
        older = sum(1 for row in rows if (row.key, Market.ON_DEMAND) in quotes and _is_newer(row, prices.as_of))
        if older:
            remarks.append(f"{prices.source}, {prices.as_of}: {older} prices of the catalog are newer and stay")
        remarks.extend(prices.remarks)
        rows = tuple(_refreshed(row, prices, quotes) for row in rows)
    return Refreshed(rows=tuple(rows), remarks=tuple(remarks))


def _is_newer(row: CatalogRow, as_of: date) -> bool:
    return row.price.as_of is not None and row.price.as_of > as_of


def _refreshed(row: CatalogRow, prices: PriceList, quotes: Mapping[tuple[RowKey, Market], Quote]) -> CatalogRow:
    on_demand, spot = (quotes.get((row.key, market)) for market in (Market.ON_DEMAND, Market.SPOT))
    service, region, _ = row.key
    left_out = (
        on_demand is None
        and row.price.usd_per_hour is not None
        and row.key not in prices.unclear
        and (service, region, Market.ON_DEMAND) in prices.covers
    )
    price = row.price
    if (on_demand is not None or left_out) and not _is_newer(row, prices.as_of):
        price = _with_on_demand(price, prices, on_demand)
    if spot is not None and (on_demand is None or not _is_newer(row, prices.as_of)):
        price = _with_spot(price, prices, spot)
    return row.model_copy(update={"price": price})


def _with_on_demand(price: Price, prices: PriceList, quote: Quote | None) -> Price:
    _, mark, spot_source = price.source.partition(SPOT_MARK)
    if not mark and price.spot_usd_per_hour is not None:
        # The spot price stays, so its source and day must be named before those of the on-demand price change.
        mark, spot_source = SPOT_MARK, price.basis(spot=True)
    source = prices.source if quote else f"not in {prices.source}"
    usd_per_hour = quote.usd_per_hour if quote else None
    return price.model_copy(
        update={"usd_per_hour": usd_per_hour, "source": f"{source}{mark}{spot_source}", "as_of": prices.as_of}
    )


def _with_spot(price: Price, prices: PriceList, quote: Quote) -> Price:
    on_demand_source, _, _ = price.source.partition(SPOT_MARK)
    same_list = on_demand_source == prices.source and price.as_of == prices.as_of
    spot_source = "" if same_list else f"{SPOT_MARK}{prices.source}, {prices.as_of}"
    source = f"{on_demand_source or NO_SOURCE}{spot_source}"
    return price.model_copy(update={"spot_usd_per_hour": quote.usd_per_hour, "source": source})
