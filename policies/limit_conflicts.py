"""Two limits of which one can never speak: the warning's beyond the budget's."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from optimizers.errors import Issue
from policies.configuration import DISABLED, ENFORCEMENT_LEVEL, limits
from policies.cost_budget import CostLimit, cost_budget, cost_warning
from policies.cost_increase import IncreaseLimit, cost_increase, cost_increase_warning

PAIRS = (
    (cost_warning.name, cost_budget.name, CostLimit),
    (cost_increase_warning.name, cost_increase.name, IncreaseLimit),
)
# Fewer machines first: at fewer machines a stack never costs more.
LEVELS = ("minimum", "expected", "maximum")


def conflicts(said: Mapping[str, Any]) -> Iterator[Issue]:
    """
    Return an issue for each warning that only speaks where its policy has refused already.

    A warning at more machines than the refusal may have a higher limit: it is about another sum. What an increase at more
    machines is compared with is another sum too, so increases are compared at one number of machines alone.
    """
    for warning, refusal, model in PAIRS:
        mild, hard = said.get(warning), said.get(refusal)
        if not _speaks(mild) or not _speaks(hard) or not _comparable(mild, hard, model):
            continue
        for name in limits(model):
            if _over(mild.get(name), hard.get(name)):
                yield Issue(
                    f"{warning}.{name}",
                    f"`{mild[name]:g}`",
                    f"`{refusal}` refuses over {hard[name]:g}, so the warning would never be seen alone",
                    f"lower it to under {hard[name]:g}, or raise `{refusal}.{name}`",
                )


def _speaks(said: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(said, dict) and said.get(ENFORCEMENT_LEVEL) != DISABLED


def _comparable(mild: Mapping[str, Any], hard: Mapping[str, Any], model: type[CostLimit | IncreaseLimit]) -> bool:
    at, limited_at = (said.get("at", model.model_fields["at"].default) for said in (mild, hard))
    if at not in LEVELS or limited_at not in LEVELS:
        return False
    return at == limited_at if model is IncreaseLimit else LEVELS.index(at) <= LEVELS.index(limited_at)


def _over(mild: object, hard: object) -> bool:
    return isinstance(mild, int | float) and isinstance(hard, int | float) and mild > hard
