"""What every policy over costs starts from: its own configuration, and the prices of the project, read once a process."""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

from pulumi_policy import StackValidationArgs
from pydantic import Field, ValidationError

from components.catalog.catalog import Catalog
from components.catalog.prices_file import read_catalog
from optimizers.errors import InvalidArgs
from policies.configuration import PolicyConfiguration, wrong_configuration


class CostSettings(PolicyConfiguration):
    """What the configurations of these policies have in common."""

    region: str = Field(
        default="", description="Of resources that name none; a cost is unknown where both are missing."
    )


Settings = TypeVar("Settings", bound=CostSettings)


def read_settings(args: StackValidationArgs, settings: type[Settings]) -> Settings | str:
    """Return the policy's configuration, or the violation that it is: which field, and which rule it breaks."""
    try:
        return settings.model_validate(dict(args.get_config()))
    except ValidationError as error:
        return wrong_configuration(error)


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
