"""
`unit_prices.csv`: prices of what is not a machine, in the same habit as `prices.csv`.

One file ships with the package. A project that keeps a `unit_prices.csv` beside its `Pulumi.yaml` uses that one instead, as
a whole. A blank cell is an unknown value.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pydantic_core import ErrorDetails

from components.catalog.price_table import header_issues, lines, parse_rows
from components.catalog.unit_price import UnitPrice
from optimizers.errors import InvalidArgs, Issue

UNIT_PRICES_NAME = "unit_prices.csv"
SHIPPED_UNIT_PRICES = Path(__file__).with_name(UNIT_PRICES_NAME)
UNIT_COLUMNS = tuple(UnitPrice.model_fields)


class UnitPrices(NamedTuple):
    """The rows, and the file that holds them, for messages."""

    origin: str
    rows: tuple[UnitPrice, ...]


def read_unit_prices(project: Path | None, today: date) -> UnitPrices:
    """
    Return the project's unit prices, or the shipped ones where the project keeps none.

    Raises:
        InvalidArgs: With everything that is wrong with the file.
    """
    units = read_unchecked_units(project)
    if issues := lint_units(units.rows, today):
        raise InvalidArgs(units.origin, issues)
    return units


def read_unchecked_units(project: Path | None) -> UnitPrices:
    """
    Return the unit prices as they are written, for a command that shows what is wrong with them.

    Raises:
        InvalidArgs: The file cannot be read as rows at all.
    """
    own = None if project is None else project / UNIT_PRICES_NAME
    if own is None or not own.exists():
        content, origin, source = SHIPPED_UNIT_PRICES.read_bytes(), "the shipped unit prices", str(SHIPPED_UNIT_PRICES)
    else:
        content, origin, source = own.read_bytes(), UNIT_PRICES_NAME, str(own)
    return UnitPrices(origin, parse_unit_prices(content, source))


def parse_unit_prices(content: bytes, source: str) -> tuple[UnitPrice, ...]:
    """
    Return the rows of a file of unit prices.

    Args:
        content: The file, UTF-8.
        source: Its path, for the message.

    Raises:
        InvalidArgs: With every cell that is not of its column's type.
    """
    table = lines(content, source)
    header = table[0][1] if table else []
    if issues := tuple(header_issues(header, UNIT_COLUMNS)):
        raise InvalidArgs(source, issues)
    rows, wrong = parse_rows(table, _row, _cell_issue)
    if wrong:
        raise InvalidArgs(source, wrong)
    return rows


def _row(cells: dict[str, str]) -> UnitPrice:
    return UnitPrice.model_validate({column: cell.strip() for column, cell in cells.items() if cell.strip()})


def _cell_issue(line: int, details: ErrorDetails) -> Issue:
    return Issue(f"line {line}, {details['loc'][0]}", f"`{details['input']}`", details["msg"].lower(), "correct it")


def lint_units(rows: Sequence[UnitPrice], today: date) -> tuple[Issue, ...]:
    """Return every broken rule of every row; `today` is the newest day that a price can be of."""
    return tuple(_broken(rows, today))


def _broken(rows: Sequence[UnitPrice], today: date) -> Iterator[Issue]:
    for row in rows:
        label = f"{row.item} {row.region}"
        price = row.usd_per_unit
        if price is not None and not (math.isfinite(price) and price > 0):
            rule = "a price is a finite number above 0"
            yield Issue(f"{label}, usd_per_unit", f"`{price:g}`", rule, "leave it blank where it is unknown")
        if price is not None and not row.source:
            yield Issue(f"{label}, source", "nothing", "a price says where it was read", "name its source")
        if row.as_of is not None and row.as_of > today:
            rule = f"today is {today}"
            yield Issue(f"{label}, as_of", f"`{row.as_of}`", rule, "write the day on which the price was read")
    yield from _twice(rows)


def _twice(rows: Iterable[UnitPrice]) -> Iterator[Issue]:
    for (item, region), count in Counter((row.item, row.region) for row in rows).items():
        if count > 1:
            yield Issue(f"{item} {region}", f"{count} rows", "an item has one row a region", "remove the wrong one")
