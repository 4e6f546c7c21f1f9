"""What changes, property by property."""

from stacks.review.markdown_text import table
from stacks.review.review import ResourceReview, Review
from stacks.review.shortening import Shortening

COLUMNS = ("operation", "resource", "property", "now", "after")


def change_section(review: Review, limits: Shortening) -> str:
    """Return the counts and a table with one row a property that differs."""
    counts = ", ".join(f"{number} {operation}" for operation, number in sorted(review.changes.items()))
    rows = [row for resource in review.resources for row in _rows(resource, limits)]
    if not rows:
        return f"Nothing: {counts}." if counts else "Nothing."
    return f"{counts}.\n\n{table(COLUMNS, limits.kept(rows))}{limits.left_out(len(rows))}"


def _rows(resource: ResourceReview, limits: Shortening) -> list[tuple[str, ...]]:
    name = f"{limits.plain(resource.name)}<br>{limits.plain(resource.type)}"
    # The basis of a number explains it in the document; here it would drown what changes.
    told = [item for item in resource.properties if not item.path.endswith(".basis")]
    if not told:
        return [(resource.operation, name, "", "", "")]
    return [
        (
            resource.operation,
            name,
            limits.plain(item.path),
            "-" if item.before is None else limits.plain(item.before),
            "-" if item.after is None else limits.plain(item.after),
        )
        for item in told
    ]
