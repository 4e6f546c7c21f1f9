"""`serving prices check`."""

from datetime import UTC, datetime
from pathlib import Path

from components.catalog.freshness import stale, stale_units
from components.catalog.lint import lint
from components.catalog.prices_file import read_unchecked
from components.catalog.unit_prices_file import lint_units, read_unchecked_units
from optimizers.errors import InvalidArgs
from stacks.cli.console import print_json, results, say
from stacks.project import nearest_project


def run(*, as_json: bool) -> None:
    """
    Print what is old, and fail where anything is wrong.

    Raises:
        InvalidArgs: With every broken rule of every row.
    """
    project, today = nearest_project(Path.cwd()), datetime.now(UTC).date()
    root = None if project is None else project.root
    catalog, units = read_unchecked(root), read_unchecked_units(root)
    found = {catalog.origin: lint(catalog.rows, today), units.origin: lint_units(units.rows, today)}
    issues = tuple(issue for issues in found.values() for issue in issues)
    warnings = (*stale(catalog.rows, today), *stale_units(units.rows, today))
    unpriced = sum(1 for row in catalog.rows if row.price.usd_per_hour is None)
    for warning in warnings:
        say(f"warning: {warning}")
    if not as_json:
        results().print(
            f"{len(catalog.rows)} rows of {catalog.origin}, {len(units.rows)} of {units.origin}: {len(issues)} wrong, "
            f"{len(warnings)} warnings of age, {unpriced} unpriced"
        )
    if issues:
        raise InvalidArgs(" and ".join(origin for origin, wrong in found.items() if wrong), issues)
    if as_json:
        rows = len(catalog.rows)
        print_json({"origin": catalog.origin, "rows": rows, "unpriced": unpriced, "warnings": list(warnings)})
