"""What to say of a cost that nobody knows: the line, why, and what to write so that it is known."""

from collections.abc import Mapping
from types import MappingProxyType

from components.cost.billed_units import CostKind
from components.cost.month import MonthlyCost

REMEDIES: Mapping[CostKind, str] = MappingProxyType(
    {
        CostKind.MACHINES: "make it known, or add its price to `prices.csv`",
        CostKind.UNREAD: "make it known, or correct it",
        CostKind.UNPRICED: "rent it by a type that is priced, or declare it in a stack without this limit",
        CostKind.PODS: "or declare the node pool in this stack",
    }
)
OTHER_REMEDY = "make it known, or add its price to `unit_prices.csv`"


def unknown_costs(cost: MonthlyCost, consequence: str) -> list[str]:
    """Return a sentence for each line without a cost; `consequence` says what cannot be judged for it."""
    return [
        (
            f"{line.resource}: {line.what}: {line.unit_price.basis}; the cost is unknown, {consequence}; "
            f"{REMEDIES.get(line.kind, OTHER_REMEDY)}"
        )
        for line in cost.unknown
    ]
