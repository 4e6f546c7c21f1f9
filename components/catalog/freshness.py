"""How old prices are, and when that is too old."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from components.catalog.instance_type import CatalogRow
from components.catalog.unit_price import UnitPrice

# Our choice, half a year; no provider states one. The largest cut seen, p5.48xlarge from 98.32 to 55.04 $/h, came in June
# 2025: a table of January 2025 that public code still carries would have warned from July on.
OLDEST_DAYS = 180


def age_days(as_of: date, today: date) -> int:
    """Return how many days ago a price was true; negative for a day that is still to come."""
    return (today - as_of).days


def stale(rows: Sequence[CatalogRow], today: date, oldest_days: int = OLDEST_DAYS) -> tuple[str, ...]:
    """Return one sentence for each group of prices that are older than `oldest_days` or have no date."""
    return _stale(
        (
            (row.instance.service, row.instance.region, row.price.as_of)
            for row in rows
            if row.price.usd_per_hour is not None
        ),
        today,
        oldest_days,
        "check them or refresh",
    )


def stale_units(rows: Sequence[UnitPrice], today: date, oldest_days: int = OLDEST_DAYS) -> tuple[str, ...]:
    """Return the same for prices of other units."""
    # No list of a provider that `serving prices refresh` reads has them.
    return _stale(
        ((row.item, row.region, row.as_of) for row in rows if row.usd_per_unit is not None),
        today,
        oldest_days,
        "check them, and correct `unit_prices.csv`",
    )


def _stale(
    prices: Iterable[tuple[str, str, date | None]], today: date, oldest_days: int, remedy: str
) -> tuple[str, ...]:
    found = list[str]()
    for (sold, region, as_of), count in Counter(prices).items():
        label = f"{count} price{'s' * (count > 1)} of {sold} in {region}"
        if as_of is None:
            found.append(f"{label}: no date is known, so they may be of any age; {remedy}")
        elif (days := age_days(as_of, today)) > oldest_days:
            found.append(f"{label}: of {as_of}, {days} days old, over the limit of {oldest_days}; {remedy}")
    return tuple(found)
