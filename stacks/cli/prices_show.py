"""`serving prices show`."""

import difflib
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from components.catalog.catalog import Catalog
from components.catalog.freshness import stale
from components.catalog.instance_type import CatalogRow
from components.catalog.prices_file import read_catalog
from components.catalog.services import Service
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.console import print_json, print_tables, say
from stacks.cli.prices_table import prices_table
from stacks.project import nearest_project


def run(*, service: str, region: str, name: str, as_json: bool) -> None:
    """Print the rows that match."""
    project, today = nearest_project(Path.cwd()), datetime.now(UTC).date()
    catalog = read_catalog(None if project is None else project.root, today)
    rows = _matching(catalog, service, region, name)
    if as_json:
        print_json({"origin": catalog.origin, "prices": [_document(row) for row in rows]})
    else:
        grouped = groupby(rows, key=lambda row: row.instance.service)
        print_tables(*(prices_table(of_service, tuple(group)) for of_service, group in grouped))
    for warning in stale(rows, today):
        say(f"warning: {warning}")


def _matching(catalog: Catalog, service: str, region: str, name: str) -> tuple[CatalogRow, ...]:
    """
    Return the rows in the order of services.

    Raises:
        InvalidArgs: An option names nothing that the catalog has, or no row has all of them.
    """
    order = list(Service)
    rows = tuple(sorted(catalog.rows, key=lambda row: order.index(row.instance.service)))
    for option, asked, field in (
        ("--service", service, "service"),
        ("--region", region, "region"),
        ("--type", name, "name"),
    ):
        if not asked:
            continue
        known = sorted({str(getattr(row.instance, field)) for row in rows})
        rows = tuple(row for row in rows if getattr(row.instance, field) == asked)
        if not rows:
            near = difflib.get_close_matches(asked, known, n=3) or known
            rule = f"{catalog.origin} has no such price; an unknown price is not 0"
            raise InvalidArgs("the command line", (Issue(option, f"`{asked}`", rule, f"use {', '.join(near)}"),))
    return rows


def _document(row: CatalogRow) -> dict[str, object]:
    return {**row.instance.model_dump(mode="json"), **row.price.model_dump(mode="json")}
