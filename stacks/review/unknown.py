"""What nobody knows of a preview, in sentences."""

from collections.abc import Iterator, Sequence

from stacks.engine.resource_change import Inputs, ResourceChange
from stacks.review.priced_stack import PricedStack
from stacks.review.recorded_plan import PLANS, read_plan

NOW = "now"
AFTER = "after"


def unknowns(resources: Sequence[ResourceChange], before: PricedStack, after: PricedStack) -> tuple[str, ...]:
    """Return one sentence for each thing; what is unknown on both sides for the same reason is told once."""
    sides = dict[str, list[str]]()
    for side, priced in ((NOW, before), (AFTER, after)):
        for sentence in _of_one_side(resources, side, priced):
            sides.setdefault(sentence, []).append(side)
    return tuple(sorted(f"{sentence} ({' and '.join(where)})" for sentence, where in sides.items()))


def _of_one_side(resources: Sequence[ResourceChange], side: str, priced: PricedStack) -> Iterator[str]:
    for item in resources:
        inputs = item.before if side == NOW else item.after
        if item.type in PLANS and inputs is not None:
            yield from _of_a_plan(item, inputs)
    for owned in priced.lines:
        if owned.line.usd_per_month is None:
            yield f"{owned.label}: the cost of {owned.line.what}: {owned.line.basis}"


def _of_a_plan(item: ResourceChange, inputs: Inputs) -> Iterator[str]:
    plan = read_plan(item.type, inputs.get("plan"))
    if isinstance(plan, str):
        yield f"{item.name}: {plan}"
    elif plan.p99_ms is None:
        yield f"{item.name}: its p99: {plan.p99_basis}"
