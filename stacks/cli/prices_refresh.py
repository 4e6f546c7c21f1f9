"""`serving prices refresh`."""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import typer

from components.catalog.instance_type import CatalogRow
from components.catalog.lint import lint
from components.catalog.price_changes import ChangeKind, PriceChanges, compare
from components.catalog.price_files import price_files, read_price_lists
from components.catalog.price_list import PriceList, malformed
from components.catalog.prices_file import PRICES_NAME, read_catalog, render
from components.catalog.refresh import refresh
from optimizers.atomic_file import write_atomically
from optimizers.errors import InvalidArgs
from stacks.cli.console import print_json, results, say
from stacks.cli.prices_table import changes_table
from stacks.project import find_project

# A name of ours: Google's tools agree on none for an API key.
GOOGLE_KEY = "GOOGLE_BILLING_API_KEY"


def run(*, source: Path | None, yes: bool, as_json: bool) -> None:
    """
    Read the lists, check every row, show the difference, and write it if it is wanted.

    Raises:
        InvalidArgs: A list is malformed, or a row would break a rule; the old prices are kept.
        ServingError: A server cannot be reached; the old prices are kept.
    """
    project, today = find_project(Path.cwd()), datetime.now(UTC).date()
    catalog = read_catalog(project.root, today)
    lists = _downloaded(catalog.rows) if source is None else read_price_lists(price_files(source), catalog.rows)
    _refuse_lists_of_tomorrow(lists, today)
    refreshed = refresh(catalog.rows, lists)
    issues = lint(refreshed.rows, today)
    if issues:
        raise InvalidArgs(f"the new prices; the old prices are kept in {catalog.origin}", issues)
    changes = compare(catalog.rows, refreshed.rows)
    for remark in (*refreshed.remarks, _hint(catalog.rows, lists)):
        say(f"refresh: {remark}")
    if not as_json:
        _print_changes(changes)
    path = project.root / PRICES_NAME
    moved = refreshed.rows != catalog.rows
    written = moved and (yes or _confirmed(path, as_json=as_json))
    if written:
        write_atomically(path, render(refreshed.rows))
    if as_json:
        print_json({"path": str(path), "written": written, "remarks": list(refreshed.remarks), **_document(changes)})
    say(f"refresh: {_outcome(path, moved=moved, written=written)}")


def _downloaded(rows: Sequence[CatalogRow]) -> tuple[PriceList, ...]:
    from components.catalog.download import PriceServers, download

    key = os.environ.get(GOOGLE_KEY)
    if not key:
        say(f"refresh: Google's prices are passed over: its list needs an API key in {GOOGLE_KEY}")
    say(
        "refresh: EC2 spot prices are passed over: save `aws ec2 describe-spot-price-history` and name it with `--from`"
    )
    with tempfile.TemporaryDirectory(prefix="serving-prices-") as folder:
        return read_price_lists(download(rows, Path(folder), PriceServers(), key, say), rows)


def _refuse_lists_of_tomorrow(lists: Sequence[PriceList], today: date) -> None:
    for prices in lists:
        if prices.as_of > today:
            raise malformed(prices.source, f"the day {prices.as_of}", f"today is {today}")


def _hint(rows: Sequence[CatalogRow], lists: Sequence[PriceList]) -> str:
    keys = {row.key for row in rows}
    quoted = {quote.key for prices in lists for quote in prices.quotes} & keys
    return (
        f"{len(quoted)} of the catalog's {len(keys)} types are priced in these lists; the others keep their price. "
        f"Types are added by hand, as a row of {PRICES_NAME}"
    )


def _print_changes(changes: PriceChanges) -> None:
    if changes.changes:
        results().print(changes_table(changes))
    counts = ", ".join(f"{len(changes.of(kind))} {kind}" for kind in ChangeKind)
    results().print(f"{counts}, {changes.unchanged} unchanged")


def _confirmed(path: Path, *, as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        return False
    return typer.confirm(f"Write {path}?", err=True)


def _outcome(path: Path, *, moved: bool, written: bool) -> str:
    if written:
        return f"wrote {path}; review and commit it"
    return "nothing was written; run it again with `--yes`" if moved else "nothing to write"


def _document(changes: PriceChanges) -> dict[str, object]:
    found: dict[str, object] = {
        str(kind): [change.model_dump(mode="json", exclude={"kind"}) for change in changes.of(kind)]
        for kind in ChangeKind
    }
    return {**found, "unchanged": changes.unchanged}
