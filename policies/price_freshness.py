"""`price-freshness`: the prices that a stack's cost is judged by are not too old."""

from datetime import date

from pulumi_policy import EnforcementLevel, ReportViolation, StackValidationArgs, StackValidationPolicy
from pydantic import Field

from components.catalog.catalog import Catalog
from components.catalog.freshness import OLDEST_DAYS, stale, stale_units
from components.cost.stack_bill import BILLED_TYPES, StackBill, stack_bill
from components.cost.used_prices import used_prices
from policies.configuration import config_schema, read_configuration
from policies.cost_settings import PriceSettings, project_catalog, today
from policies.declared_resources import declared_resources


class AgeLimit(PriceSettings):
    """The policy's configuration."""

    oldest_days: int = Field(default=OLDEST_DAYS, ge=0, description="Age in days at which a price is still taken.")


def check(bill: StackBill, catalog: Catalog, day: date, limit: AgeLimit) -> list[str]:
    """Return a sentence for each group of prices of this bill that is older than the limit or has no date."""
    used = used_prices(bill, catalog)
    return [*stale(used.machines, day, limit.oldest_days), *stale_units(used.units, day, limit.oldest_days)]


def _violations(args: StackValidationArgs) -> list[str]:
    limit = read_configuration(args.get_config(), AgeLimit)
    if isinstance(limit, str):
        return [limit]
    bill = stack_bill(declared_resources(args.resources, BILLED_TYPES), limit.region)
    if not (bill.machines or bill.units or bill.serverless or bill.control_planes):
        return []
    catalog = project_catalog()
    return [catalog] if isinstance(catalog, str) else check(bill, catalog, today(), limit)


def _validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    for violation in _violations(args):
        report_violation(violation, None)


price_freshness = StackValidationPolicy(
    name="price-freshness",
    description="The prices of the stack's machines are not older than `oldest_days`.",
    enforcement_level=EnforcementLevel.ADVISORY,
    validate=_validate,
    config_schema=config_schema(AgeLimit),
)
