"""What a provider's price list says of our types, whichever format it came in."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.catalog.instance_type import RowKey
from components.catalog.services import Service
from optimizers.errors import InvalidArgs, Issue

KEPT = "the old prices are kept; download the list again"
# Digits after the point of a price: the fineness of the providers' own lists.
DECIMALS = 10

Shape = TypeVar("Shape", bound=BaseModel)


class Market(StrEnum):
    """How an hour is bought."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class Quote(BaseModel):
    """One price that a list states."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Service
    region: str
    name: str
    market: Market
    usd_per_hour: float = Field(gt=0, allow_inf_nan=False)

    @property
    def key(self) -> RowKey:
        """What the row of the catalog is found by."""
        return self.service, self.region, self.name


class PriceList(BaseModel):
    """
    The quotes of one list.

    Attributes:
        source: What the rows will name as their source.
        as_of: Day of the list.
        covers: Service, region and market of which the list is complete: a type that it leaves out has no price there.
        unclear: Rows of the catalog, by key, for which the list has no single price; theirs stays.
        remarks: Why, one sentence each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    as_of: date
    quotes: tuple[Quote, ...]
    covers: frozenset[tuple[Service, str, Market]] = frozenset()
    unclear: frozenset[RowKey] = frozenset()
    remarks: tuple[str, ...] = ()


def malformed(path: str, got: str, rule: str) -> InvalidArgs:
    """Return the error of a price list that cannot be trusted: one sentence with its path and the rule."""
    return InvalidArgs("a price list", (Issue(path, got, rule, KEPT),))


def checked(shape: type[Shape], content: Any, path: str) -> Shape:  # noqa: ANN401 - any JSON value
    """
    Return the part of a list that `shape` describes.

    Raises:
        InvalidArgs: It has another shape; the first difference is named.
    """
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in details["loc"]) or "the document"
        got = "nothing" if details["type"] == "missing" else f"`{str(details['input'])[:60]}`"
        raise malformed(path, f"{got} as {place}", details["msg"][:1].lower() + details["msg"][1:]) from None


def one_price(prices: Iterable[float]) -> float | None:
    """Return the price that all agree on, or None where there are several or none."""
    different = set(prices)
    return different.pop() if len(different) == 1 else None
