"""Lay the cost lines of both sides beside each other."""

from collections.abc import Sequence

from stacks.review.money import NOTHING, difference
from stacks.review.priced_stack import OwnedLine
from stacks.review.review import CostLineChange, PricedLine


def line_changes(before: Sequence[OwnedLine], after: Sequence[OwnedLine]) -> tuple[CostLineChange, ...]:
    """Return each line once, by resource: lines of one resource that are the same on both sides belong together."""
    found = list[CostLineChange]()
    keys = {(item.label, item.urn) for item in (*before, *after)}
    for label, urn in sorted(keys):
        old = [item.line for item in before if (item.label, item.urn) == (label, urn)]
        new = [item.line for item in after if (item.label, item.urn) == (label, urn)]
        found += [_change(label, left, right) for left, right in _pairs(old, new)]
    return tuple(found)


def _pairs(old: list[PricedLine], new: list[PricedLine]) -> list[tuple[PricedLine | None, PricedLine | None]]:
    rest, pairs = list(old), list[tuple[PricedLine | None, PricedLine | None]]()
    unmatched = list[PricedLine]()
    for line in sorted(new, key=_order):
        same = next((item for item in rest if item.what == line.what), None)
        if same is None:
            unmatched.append(line)
        else:
            rest.remove(same)
            pairs.append((same, line))
    rest.sort(key=_order)
    for number in range(max(len(rest), len(unmatched))):
        left = rest[number] if number < len(rest) else None
        pairs.append((left, unmatched[number] if number < len(unmatched) else None))
    return pairs


def _order(line: PricedLine) -> tuple[str, str]:
    return line.what, line.basis


def _change(label: str, before: PricedLine | None, after: PricedLine | None) -> CostLineChange:
    now = before.usd_per_month if before else NOTHING
    then = after.usd_per_month if after else NOTHING
    return CostLineChange(resource=label, before=before, after=after, usd_per_month_change=difference(now, then))
