"""`fleet-integrity`: the recorded fleet is one that a choice of machines made, and stays within its budgets."""

from collections.abc import Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from components.choice.budget import breach
from components.choice.choices import ScalingPlan
from components.tokens import SCALING_CONFIGURATION
from policies.endpoint_policy import plain, violations_of


def check(plan: ScalingPlan) -> list[str]:
    """Return a violation if the fleet breaks a budget; reading the plan has judged its SLA and its replicas."""
    broken = breach(plan.chosen, plan.usd_per_month_budget, plan.usd_per_1000_requests_budget)
    return [broken.why] if broken else []


def _read(props: Mapping[str, Any]) -> ScalingPlan:
    return ScalingPlan.model_validate(plain(props["plan"]))


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type == SCALING_CONFIGURATION:
        for violation in violations_of(args.props, _read, check):
            report_violation(f"{args.name}: {violation}", None)


fleet_integrity = ResourceValidationPolicy(
    name="fleet-integrity",
    description="The recorded fleet keeps its SLA, its fewest replicas and its budgets.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
