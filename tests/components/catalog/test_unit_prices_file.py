"""The file of prices of what is no machine: shipped, or the project's own."""

from datetime import date
from pathlib import Path

import pytest

from components.catalog.prices_file import read_catalog
from components.catalog.unit_price import Unit
from components.catalog.unit_prices_file import SHIPPED_UNIT_PRICES, UNIT_COLUMNS, read_unit_prices
from optimizers.errors import InvalidArgs

TODAY = date(2026, 11, 24)
HEADER = ",".join(UNIT_COLUMNS)
GOOD = "aws,ebs-gp2,us-east-1,GB-month,0.1,our contract,2026-11-01"


def test_every_shipped_price_has_a_source() -> None:
    shipped = read_unit_prices(None, TODAY)

    assert shipped.origin == "the shipped unit prices"
    assert all(row.usd_per_unit and row.source for row in shipped.rows)


def test_the_project_s_own_file_replaces_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "unit_prices.csv").write_text(f"{HEADER}\n{GOOD.replace('0.1', '0.2')}\n")
    catalog = read_catalog(tmp_path, TODAY)

    assert catalog.usd_per_unit("ebs-gp2", "us-east-1", Unit.GB_MONTH).value == 0.2
    missing = catalog.usd_per_unit("ebs-gp3", "us-east-1", Unit.GB_MONTH)
    assert (missing.value, missing.basis) == (None, "ebs-gp3 us-east-1 is not in unit_prices.csv")


def test_a_price_of_another_unit_is_no_price() -> None:
    found = read_catalog(None, TODAY).usd_per_unit("ebs-gp2", "us-east-1", Unit.HOUR)

    assert (found.value, found.basis) == (
        None, "ebs-gp2 us-east-1 is priced a GB-month in the shipped unit prices, not a hour",
    )  # fmt: skip


def test_a_blank_price_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "unit_prices.csv").write_text(f"{HEADER}\n{GOOD.replace('0.1', '')}\n")

    assert read_catalog(tmp_path, TODAY).usd_per_unit("ebs-gp2", "us-east-1", Unit.GB_MONTH).value is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it names the columns"),
        ("provider\n", "cells are separated by commas"),
        (f"{HEADER}\naws,ebs-gp2\n", "a row has 7 cells"),
        (f"{HEADER}\n{GOOD.replace('0.1', '0')}", "a price is a finite number above 0"),
        (f"{HEADER}\n{GOOD.replace('0.1', 'nan')}", "a price is a finite number above 0"),
        (f"{HEADER}\n{GOOD.replace('0.1', 'cheap')}", "line 2, usd_per_unit"),
        (f"{HEADER}\n{GOOD.replace('GB-month', 'mile')}", "line 2, unit"),
        (f"{HEADER}\n{GOOD.replace('our contract', '')}", "a price says where it was read"),
        (f"{HEADER}\n{GOOD.replace('2026-11-01', '2026-12-01')}", "today is 2026-11-24"),
        (f"{HEADER}\n{GOOD.replace('2026-11-01', '20261101')}", "a day is written like"),
        (f"{HEADER}\n{GOOD}\n{GOOD}", "an item has one row a region"),
    ],
)
def test_refuses_a_damaged_file(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "unit_prices.csv").write_text(content)

    with pytest.raises(InvalidArgs, match=problem):
        read_unit_prices(tmp_path, TODAY)


def test_the_shipped_file_lies_beside_the_catalog() -> None:
    assert SHIPPED_UNIT_PRICES.read_text().startswith(HEADER)
