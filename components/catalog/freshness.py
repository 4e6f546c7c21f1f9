"""How old prices are, and when that is too old."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from components.catalog.instance_type import CatalogRow

# Our choice, half a year; no provider states one. The largest cut seen, p5.48xlarge from 98.32 to 55.04 $/h, came in June
# 2025: a table of January 2025 that public code still carries would have warned from July on.
OLDEST_DAYS = 180


def age_days(as_of: date, today: date) -> int:
    """Return how many days ago a price was true; negative for a day that is still to come."""
    return (today - as_of).days


def stale(rows: Sequence[CatalogRow], today: date, oldest_days: int = OLDEST_DAYS) -> tuple[str, ...]:
    """Return one sentence for each group of prices that are older than `oldest_days` or have no date."""
    priced = (row for row in rows if row.price.usd_per_hour is not None)
    groups = Counter((row.instance.service, row.instance.region, row.price.as_of) for row in priced)
    found = list[str]()
    for (service, region, as_of), count in groups.items():
        prices = f"{count} price{'s' * (count > 1)} of {service} in {region}"
        if as_of is None:
            found.append(f"{prices}: no date is known, so they may be of any age; check them or refresh")
        elif (days := age_days(as_of, today)) > oldest_days:
            found.append(
                f"{prices}: of {as_of}, {days} days old, over the limit of {oldest_days}; check them or refresh"
            )
    return tuple(found)
