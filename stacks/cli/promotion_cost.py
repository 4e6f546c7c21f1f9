"""What the target of a promotion costs a month, before and after."""

from datetime import UTC, datetime
from typing import NamedTuple

from components.catalog.prices_file import read_catalog
from components.cost.month import UsdPerMonth
from stacks.engine.run_result import RunResult
from stacks.policy_config import Configured
from stacks.project import Project
from stacks.review.money import amount, difference, signed_amount
from stacks.review.pricing import configured_settings, priced_after, priced_before


class CostChange(NamedTuple):
    """US dollars a month of everything that the stack rents; None where a price or a number of machines is unknown."""

    before: UsdPerMonth | None
    after: UsdPerMonth | None

    @property
    def line(self) -> str:
        """The cost at the most machines that may run, for people."""
        change = signed_amount(difference(self.before, self.after), "maximum")
        now, then = amount(self.before, "maximum"), amount(self.after, "maximum")
        return f"[bold]Cost[/]  {now} a month now, {then} after: {change}"


def cost_change(project: Project, previewed: RunResult, configured: Configured) -> CostChange:
    """Price the resources of a preview by the project's catalog."""
    catalog = read_catalog(project.root, datetime.now(UTC).date())
    settings, resources = configured_settings(configured), previewed.ordered()
    return CostChange(
        priced_before(resources, catalog, settings).usd_per_month,
        priced_after(resources, catalog, settings).usd_per_month,
    )
