"""`autoscaling-sanity`: an autoscaler can do what its bounds say, and nobody undoes what it does."""

from collections.abc import Iterable

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from components.autoscaling.bounds import BOUNDS, OUTPUT_BOUNDS, POD_AUTOSCALERS, broken_bounds
from components.autoscaling.owned_replicas import WORKLOADS, Scaler, Workload, owned_twice, scaler, workload
from components.cost.declared_resource import MALFORMED, UnknownPropertyError, known, malformed
from policies.declared_resources import declared_resource, written_properties

KINDS = {token: kind for kind, token in WORKLOADS.items()}
AUTOSCALING_TYPES = frozenset({*BOUNDS, *KINDS})


def check(resources: Iterable[PolicyResource]) -> list[str]:
    """Return a sentence for each bound or owner that makes no sense, and for each that is not known at preview."""
    found, workloads, scalers = list[str](), list[Workload](), list[Scaler]()
    for resource in resources:
        kind = resource.resource_type
        if kind not in AUTOSCALING_TYPES:
            continue
        judged = declared_resource(resource).props if kind in OUTPUT_BOUNDS else written_properties(resource)
        props = known(judged)
        try:
            if kind in KINDS:
                ignored = resource.opts.ignore_changes
                workloads.append(workload(resource.name, _cluster(resource), KINDS[kind], props, ignored))
                continue
            for bounds in BOUNDS[kind](props):
                found += [f"{resource.name}: {sentence}" for sentence in broken_bounds(bounds)]
            if kind in POD_AUTOSCALERS:
                scalers.append(scaler(resource.name, _cluster(resource), props))
        except UnknownPropertyError as error:
            if kind in OUTPUT_BOUNDS:
                continue
            found.append(f"{resource.name}: {error}; autoscaling cannot be checked, so make the value known")
        except MALFORMED as error:
            found.append(f"{resource.name}: {malformed(error, props)}; correct them")
    return found + [f"{name}: {sentence}" for name, sentence in owned_twice(workloads, scalers)]


def _cluster(resource: PolicyResource) -> str:
    """Return the URN of the provider, which connects to one cluster; nothing for the default one, of whatever version."""
    provider = resource.provider
    # What the engine calls those that it makes itself (pulumi's sdk/go/common/providers, `IsDefaultProvider`).
    if provider is None or provider.name == "default" or provider.name.startswith("default_"):
        return ""
    return provider.urn


def _validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    for violation in check(args.resources):
        report_violation(violation, None)


autoscaling_sanity = StackValidationPolicy(
    name="autoscaling-sanity",
    description="Autoscalers have bounds that can be kept, and own the replicas that they scale.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
