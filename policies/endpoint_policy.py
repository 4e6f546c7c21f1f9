"""Build a policy that judges the plan which an endpoint component records."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy.proxy import UnknownValueError
from pydantic import ValidationError

from components.cost.declared_resource import plain
from components.endpoint_plan import EndpointPlan
from components.tokens import ENDPOINTS
from policies.configuration import PolicyConfiguration, config_schema, has_limit, limits, read_configuration

Check = Callable[[EndpointPlan], list[str]]
Plan = TypeVar("Plan")
Limits = TypeVar("Limits", bound=PolicyConfiguration)


def endpoint_policy(name: str, description: str, check: Check) -> ResourceValidationPolicy:
    """
    Return a mandatory policy that reports every sentence that `check` returns for an endpoint's plan.

    A plan that is missing, unknown at preview or unreadable is a violation too. Without that an unknown value would
    turn the mandatory policy into an advisory note, and a budget would pass unseen.
    """

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if args.resource_type in ENDPOINTS:
            for violation in violations(args.props, check):
                report_violation(f"{args.name}: {violation}", None)

    return ResourceValidationPolicy(
        name=name, description=description, enforcement_level=EnforcementLevel.MANDATORY, validate=validate
    )


def configured_endpoint_policy(
    name: str,
    description: str,
    configuration: type[Limits],
    check: Callable[[EndpointPlan, Limits], list[str]],
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """Return such a policy whose `check` is given what the stack configures; it judges nothing while its limits are not set."""
    has_limits = bool(limits(configuration))

    def judge(args: ResourceValidationArgs) -> list[str]:
        configured = read_configuration(args.get_config(), configuration)
        if isinstance(configured, str):
            return [configured]
        if has_limits and not has_limit(configured):
            return []
        return violations(args.props, lambda plan: check(plan, configured))

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if args.resource_type in ENDPOINTS:
            for violation in judge(args):
                report_violation(f"{args.name}: {violation}", None)

    return ResourceValidationPolicy(
        name=name,
        description=description,
        enforcement_level=level,
        validate=validate,
        config_schema=config_schema(configuration),
    )


def violations(props: Mapping[str, Any], check: Check) -> list[str]:
    """Return what `check` finds wrong with the plan recorded in an endpoint's inputs."""
    return violations_of(props, _READER.read, check)


def violations_of(
    props: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Plan], check: Callable[[Plan], list[str]]
) -> list[str]:
    """Return what `check` finds wrong with what `read` makes of a component's inputs, or why they cannot be read."""
    try:
        plan = read(props)
    except KeyError:
        return ["no plan is recorded; create it through a model-serving component"]
    except UnknownValueError as error:
        return [f"{error.message}; a budget cannot be checked, so make the value known before the program runs"]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        if not path and first["type"] == "value_error":
            why = first["msg"].removeprefix("Value error, ")
            return [f"the recorded plan contradicts itself: {why}; let `serving up` plan it again"]
        return [
            f"the recorded plan is not readable at `{path}`: {first['msg'].lower()}; use one version of model-serving"
        ]
    return check(plan)


class _PlanReader:
    """Reads a plan once for all policies: the analyzer hands each of them the same properties."""

    def __init__(self) -> None:
        self._last: tuple[Mapping[str, Any], EndpointPlan] | None = None

    def read(self, props: Mapping[str, Any]) -> EndpointPlan:
        last = self._last
        if last is not None and last[0] is props:
            return last[1]
        plan = EndpointPlan.model_validate(plain(props["plan"]))
        # One assignment, so that requests in other threads see a plan with its own properties.
        self._last = props, plan
        return plan


_READER = _PlanReader()
