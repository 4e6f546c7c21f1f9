"""
`prices.csv`: the catalog as a file that a pull request can show.

One file ships with the package. A project that keeps a `prices.csv` beside its `Pulumi.yaml` uses that one instead, as a
whole: what a preview priced with is then one committed file, and no preview needs a network. `serving prices refresh`
writes it. A blank cell is an unknown value. What is billed by another unit than a machine's hour is in `unit_prices.csv`.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic_core import ErrorDetails

from components.catalog.catalog import Catalog
from components.catalog.instance_type import CatalogRow, InstanceType, Price
from components.catalog.lint import lint
from components.catalog.price_table import WRITE_AGAIN, header_issues, lines, parse_rows
from components.catalog.unit_prices_file import read_unit_prices
from optimizers.errors import InvalidArgs, Issue

PRICES_NAME = "prices.csv"
SHIPPED_PATH = Path(__file__).with_name(PRICES_NAME)
# A column to the field that it fills; the order is the file's.
INSTANCE_FIELDS = {
    "provider": "provider",
    "service": "service",
    "region": "region",
    "instance_type": "name",
    "accelerator": "accelerator",
    "accelerator_count": "accelerator_count",
    "accelerator_memory_gib": "accelerator_memory_gib",
    "vcpu": "vcpu",
    "memory_gib": "memory_gib",
}
PRICE_FIELDS = tuple(Price.model_fields)
COLUMNS = (*INSTANCE_FIELDS, *PRICE_FIELDS)
COLUMN_OF = {field: column for column, field in INSTANCE_FIELDS.items()} | {field: field for field in PRICE_FIELDS}


def read_catalog(project: Path | None, today: date) -> Catalog:
    """
    Return the project's catalog, or the shipped one where the project keeps none.

    Args:
        project: Folder that holds `Pulumi.yaml`; None outside a project.
        today: No price is younger, and by this day a version of Kubernetes is supported or not.

    Raises:
        InvalidArgs: With everything that is wrong with a file.
    """
    catalog = read_unchecked(project)
    issues = lint(catalog.rows, today)
    if issues:
        raise InvalidArgs(catalog.origin, issues)
    units = read_unit_prices(project, today)
    return catalog.model_copy(update={"unit_origin": units.origin, "unit_prices": units.rows, "day": today})


def read_unchecked(project: Path | None) -> Catalog:
    """
    Return the catalog as it is written, for commands that show what is wrong with it.

    Raises:
        InvalidArgs: The file cannot be read as rows at all.
    """
    path = project_prices(project)
    if path is None:
        return Catalog(origin="the shipped catalog", rows=parse(SHIPPED_PATH.read_bytes(), str(SHIPPED_PATH)))
    return Catalog(origin=PRICES_NAME, rows=parse(path.read_bytes(), str(path)))


def project_prices(project: Path | None) -> Path | None:
    """Return the project's own prices file, or None."""
    path = None if project is None else project / PRICES_NAME
    return path if path is not None and path.exists() else None


def parse(content: bytes, source: str) -> tuple[CatalogRow, ...]:
    """
    Return the rows of a prices file.

    Args:
        content: The file, UTF-8.
        source: Its path, for the message.

    Raises:
        InvalidArgs: With every cell that is not of its column's type.
    """
    table = lines(content, source)
    header = table[0][1] if table else []
    issues = list(header_issues(header, COLUMNS))
    if not issues and len(table) == 1:
        issues.append(Issue(source, "a header only", "there is one price or more", WRITE_AGAIN))
    if issues:
        raise InvalidArgs(source, tuple(issues))
    rows, wrong = parse_rows(table, _row, _cell_issue)
    if wrong:
        raise InvalidArgs(source, wrong)
    return rows


def render(rows: Iterable[CatalogRow]) -> bytes:
    """Return the file that `parse` reads back to the same rows."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        instance = (getattr(row.instance, field) for field in INSTANCE_FIELDS.values())
        price = (getattr(row.price, field) for field in PRICE_FIELDS)
        writer.writerow([_cell(value) for value in (*instance, *price)])
    return stream.getvalue().encode()


def _row(cells: dict[str, str]) -> CatalogRow:
    values = {column: cell.strip() or None for column, cell in cells.items()}
    instance = {field: values[column] for column, field in INSTANCE_FIELDS.items()}
    price = {field: values[field] for field in PRICE_FIELDS}
    return CatalogRow(
        instance=InstanceType.model_validate({field: value for field, value in instance.items() if value is not None}),
        price=Price.model_validate({field: value for field, value in price.items() if value is not None}),
    )


def _cell_issue(line: int, details: ErrorDetails) -> Issue:
    column = COLUMN_OF[str(details["loc"][0])]
    if details["type"] == "missing":
        return Issue(f"line {line}, {column}", "a blank cell", "it is required", "fill it in")
    text = details["msg"].removeprefix("Value error, ")
    message = text[:1].lower() + text[1:]
    return Issue(f"line {line}, {column}", f"`{details['input']}`", message, "correct it; a blank cell is unknown")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
