"""What is paid for, line by line."""

from stacks.review.markdown_text import table
from stacks.review.money import amount, dollars, signed_amount
from stacks.review.review import CostLineChange, CostReview, PricedLine
from stacks.review.shortening import Shortening

TOTALS = ("a month at", "now", "after", "change")
LINES = ("resource", "now", "after", "change at expected", "price")

BREAK = "\n\n"


def not_priced(cost: CostReview, before: str = "") -> str:
    """Return, after these characters, how much of the stack no price is known for; nothing where there is no such resource."""
    if not cost.not_priced:
        return ""
    resources = "1 resource is of a type" if cost.not_priced == 1 else f"{cost.not_priced} resources are of types"
    return f"{before}{resources} that nothing here prices; what they cost is not counted."


def cost_section(cost: CostReview, limits: Shortening) -> str:
    """Return a table of the totals at minimum, expected and maximum, and one of the lines."""
    if not cost.lines:
        return not_priced(cost) or "Nothing of the stack is paid for by the month."
    totals = [
        (at, amount(cost.before, at), amount(cost.after, at), signed_amount(cost.change, at))
        for at in ("minimum", "expected", "maximum")
    ]
    lines = [_line(line, limits) for line in limits.kept(cost.lines)]
    tables = (
        f"{table(TOTALS, totals)}\n\n{table(LINES, lines)}{limits.left_out(len(cost.lines))}{not_priced(cost, BREAK)}"
    )
    remarks = "\n".join(f"- {limits.plain(remark)}" for remark in limits.kept(cost.remarks))
    return f"{tables}\n\n{remarks}{limits.left_out(len(cost.remarks))}" if remarks else tables


def _line(line: CostLineChange, limits: Shortening) -> tuple[str, ...]:
    bases = dict.fromkeys(side.basis for side in (line.before, line.after) if side)
    return (
        limits.plain(line.resource),
        _side(line.before, limits),
        _side(line.after, limits),
        signed_amount(line.usd_per_month_change, "expected"),
        "<br>".join(limits.plain(basis) for basis in bases),
    )


def _side(line: PricedLine | None, limits: Shortening) -> str:
    if line is None:
        return "-"
    usd = line.usd_per_month
    span = ""
    if usd is not None and usd.minimum != usd.maximum:
        span = f" ({dollars(usd.minimum)} to {dollars(usd.maximum)})"
    return f"{limits.plain(line.what)}<br>{amount(usd, 'expected')}{span}"
