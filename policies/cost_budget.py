"""
`cost-budget` and `cost-warning`: what the stack's machines cost a month stays within a budget.

Both judge resources that were written by hand as well. `cost-budget` refuses, `cost-warning` tells; each has its own limit
in the policy configuration of the stack.
"""

from typing import Literal

from pulumi_policy import EnforcementLevel, ReportViolation, StackValidationArgs, StackValidationPolicy
from pydantic import Field

from components.cost.month import CostLine, MonthlyCost, UsdPerMonth
from components.cost.stack_bill import BILLED_TYPES
from components.cost.stack_cost import stack_cost
from policies.configuration import config_schema
from policies.cost_settings import CostSettings, project_catalog, read_settings
from policies.declared_resources import declared_resources

At = Literal["minimum", "expected", "maximum"]


class CostLimit(CostSettings):
    """The policy's configuration."""

    usd_per_month: float | None = Field(
        default=None, gt=0, description="The limit, for everything of the stack together. Not set: nothing is judged."
    )
    at: At = Field(
        default="maximum",
        description="Which number of machines is judged: the autoscalers' minimum, as written, or their maximum.",
    )


REMEDY = "make it known, or add its price to `prices.csv`"


def check(cost: MonthlyCost, limit: CostLimit) -> list[str]:
    """Return a sentence for each cost that is unknown, or one if all are known and their sum is over the limit."""
    if limit.usd_per_month is None:
        return []
    total = cost.total
    if total is None:
        budget = f"so the budget of ${limit.usd_per_month:,.2f} a month cannot be checked"
        return [
            f"{line.resource}: {line.what}: {line.unit_price.basis}; the cost is unknown, {budget}; {REMEDY}"
            for line in cost.unknown
        ]
    if _at(total, limit.at) <= limit.usd_per_month:
        return []
    dearest = max(cost.lines, key=lambda line: _line_at(line, limit.at))
    return [
        (
            f"${_at(total, limit.at):,.2f} a month at {limit.at} is over ${limit.usd_per_month:,.2f}; the dearest is "
            f"{dearest.resource}: {dearest.what}, ${_line_at(dearest, limit.at):,.2f}; "
            "rent fewer or smaller machines, or raise `usd_per_month`"
        )
    ]


def _at(usd: UsdPerMonth, at: At) -> float:
    return {"minimum": usd.minimum, "expected": usd.expected, "maximum": usd.maximum}[at]


def _line_at(line: CostLine, at: At) -> float:
    return _at(line.usd_per_month, at) if line.usd_per_month else 0.0


def _policy(name: str, description: str, level: EnforcementLevel) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for violation in _violations(args):
            report_violation(violation, None)

    return StackValidationPolicy(
        name=name,
        description=description,
        enforcement_level=level,
        validate=validate,
        config_schema=config_schema(CostLimit),
    )


def _violations(args: StackValidationArgs) -> list[str]:
    limit = read_settings(args, CostLimit)
    if isinstance(limit, str):
        return [limit]
    if limit.usd_per_month is None:
        return []
    catalog = project_catalog()
    if isinstance(catalog, str):
        return [catalog]
    return check(stack_cost(declared_resources(args.resources, BILLED_TYPES), catalog, limit.region), limit)


cost_budget = _policy("cost-budget", "The stack's machines cost at most `usd_per_month`.", EnforcementLevel.MANDATORY)
cost_warning = _policy(
    "cost-warning", "The stack's machines cost at most the warning's `usd_per_month`.", EnforcementLevel.ADVISORY
)
