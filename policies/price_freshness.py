"""`price-freshness`: the prices that a stack's cost is judged by are not too old."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pulumi_policy import EnforcementLevel, ReportViolation, StackValidationArgs, StackValidationPolicy
from pydantic import Field, ValidationError

from components.catalog.catalog import Catalog
from components.catalog.freshness import OLDEST_DAYS, stale
from components.catalog.prices_file import read_catalog
from components.cost.machines import RentedMachines
from optimizers.errors import InvalidArgs
from policies.configuration import PolicyConfiguration, config_schema, wrong_configuration
from policies.rented_machines import read_machines


class AgeLimit(PolicyConfiguration):
    """The policy's configuration."""

    oldest_days: int = Field(default=OLDEST_DAYS, ge=0, description="Age in days at which a price is still taken.")
    region: str = Field(default="", description="Of resources that name none.")


def check(machines: Sequence[RentedMachines], catalog: Catalog, today: date, limit: AgeLimit) -> list[str]:
    """Return a sentence for each group of prices of these machines that is older than the limit or has no date."""
    keys = {(item.service, item.region, name) for item in machines for name in item.names}
    return list(stale([row for row in catalog.rows if row.key in keys], today, limit.oldest_days))


def _validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    try:
        limit = AgeLimit.model_validate(dict(args.get_config()))
        today = datetime.now(UTC).date()
        # The engine starts a policy pack in the pack's own folder.
        catalog = read_catalog(Path.cwd().parent, today)
    except ValidationError as error:
        report_violation(wrong_configuration(error), None)
        return
    except InvalidArgs as error:
        report_violation(str(error), None)
        return
    machines, _ = read_machines(args.resources, limit.region)
    for violation in check(machines, catalog, today, limit):
        report_violation(violation, None)


price_freshness = StackValidationPolicy(
    name="price-freshness",
    description="The prices of the stack's machines are not older than `oldest_days`.",
    enforcement_level=EnforcementLevel.ADVISORY,
    validate=_validate,
    config_schema=config_schema(AgeLimit),
)
