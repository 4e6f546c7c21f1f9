"""`fleet-integrity`: the recorded fleet is one that a choice of machines made, and stays within its budgets."""

from collections.abc import Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from components.catalog.catalog import Catalog
from components.choice.budget import breach
from components.choice.choices import ScalingPlan
from components.choice.record import contradictions
from components.cost.declared_resource import plain
from components.tokens import SCALING_CONFIGURATION
from optimizers.errors import ArtifactError
from optimizers.lock import Lock
from policies.artifact_integrity import digest_violations, locked
from policies.cost_settings import project_catalog
from policies.endpoint_policy import violations_of


def check(plan: ScalingPlan) -> list[str]:
    """Return violations of the plan against the lock and the prices of the project that the policy pack belongs to."""
    catalog = project_catalog()
    if isinstance(catalog, str):
        return [catalog]
    try:
        return check_against(plan, locked(plan.lock), catalog)
    except ArtifactError as error:
        return [str(error)]


def check_against(plan: ScalingPlan, locked: Lock, catalog: Catalog) -> list[str]:
    """Return the budget that the fleet breaks, and each part of its record that no choice of machines gives."""
    broken = breach(plan.chosen, plan.usd_per_month_budget, plan.usd_per_1000_requests_budget)
    found = [broken.why] if broken else []
    digests = digest_violations(plan.name, plan.lock, plan.chosen.artifact, locked)
    if digests:
        return [*found, *digests]
    return [
        *found,
        *(
            f"the recorded plan contradicts itself, its prices or {plan.lock}: {why}; let `serving up` plan it again"
            for why in contradictions(plan, locked.models[plan.name], catalog)
        ),
    ]


def _read(props: Mapping[str, Any]) -> ScalingPlan:
    return ScalingPlan.model_validate(plain(props["plan"]))


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if args.resource_type == SCALING_CONFIGURATION:
        for violation in violations_of(args.props, _read, check):
            report_violation(f"{args.name}: {violation}", None)


fleet_integrity = ResourceValidationPolicy(
    name="fleet-integrity",
    description="The recorded fleet follows from its lock and prices, and keeps its SLA and budgets.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
