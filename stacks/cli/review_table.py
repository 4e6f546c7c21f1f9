"""A review's rows for people: what runs now beside what will run."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from stacks.cli.console import table
from stacks.review.endpoint_cells import ARROW, CHANGE, COLUMNS, COST, endpoint_cells, total_cells
from stacks.review.review import Review

ALL = "all"


def review_table(review: Review) -> Table:
    """Return what everything costs, and of each planned endpoint what differs; the plan's own table has the rest."""
    result = table("Now and after", "endpoint", "what", "value")
    for name, what, value in _facts(review):
        result.add_row(escape(name), what, escape(value))
    return result


def _facts(review: Review) -> Iterator[tuple[str, str, str]]:
    for row in review.endpoints:
        name, *cells = endpoint_cells(row, str)
        for what, cell in zip(COLUMNS[1:], cells, strict=True):
            if what in {COST, CHANGE} or ARROW in cell or (what == "instances" and not row.planned):
                yield name, what, cell
                name = ""
    if len(review.endpoints) > 1:
        total = dict(zip(COLUMNS, total_cells(review.cost), strict=True))
        yield ALL, COST, total[COST]
        yield "", CHANGE, total[CHANGE]
