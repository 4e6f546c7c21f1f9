"""What every policy over costs starts from: its own configuration, the stack's cost, and the prices, read once a process."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeVar

from pulumi_policy import EnforcementLevel, ReportViolation, StackValidationArgs, StackValidationPolicy
from pydantic import Field

from components.catalog.catalog import Catalog
from components.catalog.prices_file import read_catalog
from components.cost.declared_resource import DeclaredResource
from components.cost.declared_usage import TRAFFIC_TYPES, declared_usage
from components.cost.month import MonthlyCost
from components.cost.stack_bill import BILLED_TYPES
from components.cost.stack_cost import stack_cost
from components.cost.usage import Usage
from optimizers.errors import InvalidArgs
from policies.configuration import PolicyConfiguration, config_schema, has_limit, read_configuration
from policies.declared_resources import declared_resources

# Everything that a cost depends on: what is billed, and the components whose plans record the traffic.
COST_TYPES = BILLED_TYPES | TRAFFIC_TYPES
At = Literal["minimum", "expected", "maximum"]


class PriceSettings(PolicyConfiguration):
    """What the configurations of all policies over prices have in common."""

    region: str = Field(
        default="", description="Of resources that name none; a cost is unknown where both are missing."
    )


class CostSettings(PriceSettings):
    """What the configurations of the policies over a stack's cost have in common."""

    facts: ClassVar[frozenset[str]] = frozenset({"requests_per_month", "seconds_per_request", "tokens_per_request"})

    at: At = Field(
        default="maximum",
        description="Which number of machines is judged: the autoscalers' minimum, as written, or their maximum.",
    )
    machines_paid_elsewhere: bool = Field(
        default=False, description="The nodes that run this stack's pods are in the budget of another stack."
    )
    requests_per_month: float | None = Field(
        default=None, gt=0, description="The mean of all endpoints together. Not set: what their plans declare."
    )
    seconds_per_request: float | None = Field(
        default=None, gt=0, description="What a request keeps a serverless endpoint busy for, in the mean."
    )
    tokens_per_request: float | None = Field(default=None, gt=0, description="In and out, in the mean.")

    @property
    def usage(self) -> Usage:
        """The traffic as it is written here."""
        return Usage(
            requests_per_month=self.requests_per_month,
            seconds_per_request=self.seconds_per_request,
            tokens_per_request=self.tokens_per_request,
        )


Judged = TypeVar("Judged", bound=CostSettings)


class JudgedCost(NamedTuple):
    """What a stack costs, and the traffic that it does so at."""

    cost: MonthlyCost
    usage: Usage


def judged_cost(resources: Iterable[DeclaredResource], catalog: Catalog, settings: CostSettings) -> JudgedCost:
    """Return the cost of a stack's resources under a policy's settings: those of a preview, or those that run."""
    listed = tuple(resources)
    usage = declared_usage(listed, settings.usage)
    cost = stack_cost(listed, catalog, settings.region, usage, machines_paid_elsewhere=settings.machines_paid_elsewhere)
    return JudgedCost(cost, usage)


def cost_policy(
    name: str,
    description: str,
    level: EnforcementLevel,
    settings: type[Judged],
    check: Callable[[JudgedCost, Judged], list[str]],
) -> StackValidationPolicy:
    """Return a policy that reports every sentence of `check`, and that reads no price where no limit is set."""

    def violations(args: StackValidationArgs) -> list[str]:
        limit = read_configuration(args.get_config(), settings)
        if isinstance(limit, str):
            return [limit]
        if not has_limit(limit):
            return []
        catalog = project_catalog()
        if isinstance(catalog, str):
            return [catalog]
        return check(judged_cost(declared_resources(args.resources, COST_TYPES), catalog, limit), limit)

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for violation in violations(args):
            report_violation(violation, None)

    return StackValidationPolicy(
        name=name,
        description=description,
        enforcement_level=level,
        validate=validate,
        config_schema=config_schema(settings),
    )


def project_catalog() -> Catalog | str:
    """Return the prices of the project that the pack belongs to, or the violation that they are."""
    try:
        # The engine starts a policy pack in the pack's own folder.
        return _catalog(Path.cwd().parent, today())
    except InvalidArgs as error:
        return str(error)


def today() -> date:
    """Return the day by which prices are judged."""
    return datetime.now(UTC).date()


@cache
def _catalog(project: Path, day: date) -> Catalog:
    return read_catalog(project, day)
