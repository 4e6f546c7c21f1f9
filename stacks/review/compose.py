"""Make a review of a preview: a pure function of what the engine, the price catalog and the policies said."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from components.cost.billed_units import HOURS_PER_MONTH
from components.cost.stack_bill import BILLED_TYPES
from stacks.engine.resource_change import ResourceChange, operations
from stacks.review.cost_lines import line_changes
from stacks.review.endpoints import endpoint_reviews, owner
from stacks.review.headline import headline
from stacks.review.money import difference
from stacks.review.priced_stack import PricedStack
from stacks.review.properties import changed_properties
from stacks.review.recorded_plan import PLANS
from stacks.review.review import CostReview, PolicyReview, PriceDates, ResourceReview, Review
from stacks.review.unknown import unknowns
from stacks.review.verdict import REFUSED

SAME = "same"
# Types of the engine itself (the stack, its providers) and of this package, of which the children are what costs.
FREE_TYPES = ("pulumi:", "model-serving:")
ASSUMPTIONS = (
    f"A month has {HOURS_PER_MONTH} hours, all of them paid for.",
    "Prices are list prices, on demand where a line does not say spot, without discounts, commitments and taxes.",
    "Minimum, expected and maximum are the autoscalers' lower bounds, what is written, and their upper bounds.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """
    What a review is made of.

    Attributes:
        stack: Name of the stack.
        folder: Of the project in its repository; empty at its root.
        commit: What was previewed; None outside of git.
        today: The day that the prices' age is told for.
        resources: Every resource of the stack, in the order to show.
        before: What the resources cost as they are in the state.
        after: What they will cost.
        policies: Each policy's verdict.
        plan: What the stack's spec gives; None where it was not planned.
    """

    stack: str
    folder: str
    commit: str | None
    today: date
    resources: Sequence[ResourceChange]
    before: PricedStack
    after: PricedStack
    policies: Sequence[PolicyReview]
    plan: Mapping[str, Any] | None


def compose(previewed: Previewed) -> Review:
    """Return the review."""
    before, after, resources = previewed.before, previewed.after, previewed.resources
    policies = tuple(previewed.policies)
    cost = CostReview(
        before=before.usd_per_month,
        after=after.usd_per_month,
        change=difference(before.usd_per_month, after.usd_per_month),
        lines=line_changes(before.lines, after.lines),
        not_priced=_not_priced(resources),
        remarks=after.remarks,
    )
    endpoints = endpoint_reviews(resources, before, after)
    changed = [item for item in resources if item.operation != SAME]
    return Review(
        stack=previewed.stack,
        folder=previewed.folder,
        commit=previewed.commit,
        headline=headline(cost, endpoints, policies),
        refused=any(policy.verdict == REFUSED for policy in policies),
        endpoints=endpoints,
        cost=cost,
        changes=dict(Counter(item.operation for item in resources)),
        changed={label: operation for label, operation in operations(resources).items() if operation != SAME},
        resources=tuple(
            ResourceReview(
                name=item.name, type=item.type, operation=item.operation, properties=changed_properties(item)
            )
            for item in changed
        ),
        policies=policies,
        unknown=unknowns(resources, before, after),
        prices=_dates((*before.dates, *after.dates), previewed.today),
        assumptions=ASSUMPTIONS,
        plan=None if previewed.plan is None else dict(previewed.plan),
    )


def _not_priced(resources: Sequence[ResourceChange]) -> int:
    by_urn = {item.urn: item for item in resources}
    return sum(
        item.after is not None
        and not item.read_after
        and item.type not in BILLED_TYPES
        and not item.type.startswith(FREE_TYPES)
        and by_urn[owner(item, by_urn)].type not in PLANS
        for item in resources
    )


def _dates(days: Iterable[date | None], today: date) -> PriceDates:
    known, undated = list[date](), 0
    for day in days:
        if day is None:
            undated += 1
        else:
            known.append(day)
    oldest = min(known, default=None)
    return PriceDates(
        oldest=oldest,
        newest=max(known, default=None),
        undated=undated,
        oldest_days=None if oldest is None else (today - oldest).days,
    )
