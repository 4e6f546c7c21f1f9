"""A review as a comment on GitHub: a headline, one table, the rest folded up."""

from collections.abc import Sequence
from urllib.parse import quote

from stacks.review.change_section import change_section
from stacks.review.cost_section import cost_section, not_priced
from stacks.review.endpoint_cells import COLUMNS, endpoint_cells, total_cells
from stacks.review.markdown_text import table
from stacks.review.review import PolicyReview, PriceDates, Review
from stacks.review.shortening import Shortening
from stacks.review.verdict import NOT_APPLICABLE, NOT_SET, PASSED, REFUSED, WARNED

# GitHub takes 65,536 characters; what counts as one there is not documented, so a few stay unused.
LONGEST = 65_000
# Tried one after the other until the comment fits.
SHORTENINGS = (
    Shortening(),
    Shortening(entries=200, letters=500),
    Shortening(entries=60, letters=200),
    Shortening(entries=20, letters=100),
    Shortening(entries=5, letters=50),
)
MARKS = {REFUSED: "❌", WARNED: "⚠️", PASSED: "✅", NOT_SET: "○", NOT_APPLICABLE: "○"}


def marker(stack: str, folder: str) -> str:
    """
    Return the hidden line by which the comment of a stack is found again.

    Args:
        stack: Name of the stack.
        folder: Of its project in the repository, empty at the root: two projects may have a stack of one name, and a copied
            project its name too.
    """
    of_folder = f" folder={quote(folder, safe='')}" if folder else ""
    return f"<!-- model-serving preview: stack={quote(stack, safe='')}{of_folder} -->"


def markdown(review: Review) -> str:
    """Return the comment, at most `LONGEST` characters; the same review gives the same text."""
    text = ""
    for limits in SHORTENINGS:
        text = _page(review, limits)
        if len(text) <= LONGEST:
            break
    return text


def _page(review: Review, limits: Shortening) -> str:
    sections = (
        marker(review.stack, review.folder),
        _headline(review, limits),
        _endpoints(review, limits),
        _policies(review, limits),
        _unknown(review, limits),
        _folded("What changes", change_section(review, limits)),
        _folded("Cost, line by line", cost_section(review.cost, limits)),
        _footer(review, limits),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _headline(review: Review, limits: Shortening) -> str:
    verdicts = {policy.verdict for policy in review.policies}
    if review.unknown:
        verdicts.add(WARNED)
    worst = next((verdict for verdict in (REFUSED, WARNED) if verdict in verdicts), PASSED)
    where = f" in {limits.plain(review.folder)}" if review.folder else ""
    return f"### {MARKS[worst]} {limits.plain(review.stack)}{where}: {limits.plain(review.headline)}"


def _endpoints(review: Review, limits: Shortening) -> str:
    rows = [endpoint_cells(row, limits.plain) for row in limits.kept(review.endpoints)]
    if not rows:
        unknown = not_priced(review.cost)
        return (
            f"The stack has no endpoint. {unknown}"
            if unknown
            else "The stack has no endpoint, and nothing in it is paid for."
        )
    if len(review.endpoints) > 1:
        rows.append(total_cells(review.cost))
    return table(COLUMNS, rows) + limits.left_out(len(review.endpoints))


def _policies(review: Review, limits: Shortening) -> str:
    told = [policy for policy in review.policies if policy.messages]
    lines = [_policy(policy, limits) for policy in limits.kept(told)]
    for verdict, words in ((PASSED, "passed"), (NOT_SET, "no limit is set"), (NOT_APPLICABLE, "no endpoint to judge")):
        names = [policy.policy for policy in review.policies if policy.verdict == verdict]
        if names:
            lines.append(f"- {MARKS[verdict]} {words}: {limits.plain(', '.join(names))}")
    return _listed("Policies", lines) + limits.left_out(len(told))


def _policy(policy: PolicyReview, limits: Shortening) -> str:
    said = "".join(f"\n  - {limits.plain(message)}" for message in limits.kept(policy.messages))
    return f"- {MARKS[policy.verdict]} **{limits.plain(policy.policy)}** {policy.verdict}{said}"


def _unknown(review: Review, limits: Shortening) -> str:
    lines = [f"- {limits.plain(sentence)}" for sentence in limits.kept(review.unknown)]
    return _listed("What is unknown", lines) + limits.left_out(len(review.unknown))


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join((f"**{title}**\n", *lines)) if lines else ""


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _footer(review: Review, limits: Shortening) -> str:
    commit = [f"Commit {review.commit}."] if review.commit else []
    costs = (*review.assumptions, *_prices(review.prices)) if review.cost.lines else ()
    said = (*commit, *costs, "This comment is updated when the preview changes.")
    return f"<sub>{' '.join(limits.plain(sentence) for sentence in said)}</sub>"


def _prices(prices: PriceDates) -> list[str]:
    said = list[str]()
    if prices.oldest is not None:
        days = f"of {prices.oldest}" if prices.oldest == prices.newest else f"of {prices.oldest} to {prices.newest}"
        said.append(f"Prices {days}, the oldest {prices.oldest_days} days old.")
    if prices.undated:
        said.append(f"{prices.undated} prices without a known day.")
    return said
