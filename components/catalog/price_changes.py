"""What a refresh changes, for a person to look at before it is written."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from components.catalog.instance_type import CatalogRow
from components.catalog.price_list import Market


class ChangeKind(StrEnum):
    """What became of a price."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class PriceChange(BaseModel):
    """
    One price that is not what it was.

    Attributes:
        row: Service, region and name.
        before: $ an hour; None: it was unknown.
        after: $ an hour; None: it is unknown now.
        percent: Of the price before, above 0 where it rose; None where one of both is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ChangeKind
    row: str
    market: Market
    before: float | None
    after: float | None
    percent: float | None


class PriceChanges(BaseModel):
    """Every price that is not what it was, and how many are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    changes: tuple[PriceChange, ...]
    unchanged: int

    def of(self, kind: ChangeKind) -> tuple[PriceChange, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)


def compare(before: Sequence[CatalogRow], after: Iterable[CatalogRow]) -> PriceChanges:
    """Return what differs between two states of the same rows."""
    changes, unchanged = list[PriceChange](), 0
    held = {row.key: row.price for row in before}
    for row in after:
        price = held[row.key]
        for market, old, new in (
            (Market.ON_DEMAND, price.usd_per_hour, row.price.usd_per_hour),
            (Market.SPOT, price.spot_usd_per_hour, row.price.spot_usd_per_hour),
        ):
            if old == new:
                unchanged += old is not None
                continue
            kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
            percent = round(100 * (new - old) / old, 2) if old is not None and new is not None else None
            changes.append(PriceChange(kind=kind, row=row.label, market=market, before=old, after=new, percent=percent))
    return PriceChanges(changes=tuple(changes), unchanged=unchanged)
