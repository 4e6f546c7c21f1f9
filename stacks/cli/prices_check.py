"""`serving prices check`."""

from datetime import UTC, datetime
from pathlib import Path

from components.catalog.freshness import stale
from components.catalog.lint import lint
from components.catalog.prices_file import read_unchecked
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
    catalog = read_unchecked(None if project is None else project.root)
    issues, warnings = lint(catalog.rows, today), stale(catalog.rows, today)
    unpriced = sum(1 for row in catalog.rows if row.price.usd_per_hour is None)
    for warning in warnings:
        say(f"warning: {warning}")
    if not as_json:
        results().print(
            f"{len(catalog.rows)} rows of {catalog.origin}: {len(issues)} wrong, {len(warnings)} warnings of age, "
            f"{unpriced} unpriced"
        )
    if issues:
        raise InvalidArgs(catalog.origin, issues)
    if as_json:
        rows = len(catalog.rows)
        print_json({"origin": catalog.origin, "rows": rows, "unpriced": unpriced, "warnings": list(warnings)})
