"""What a stack's last state costs: `cost-increase` compares a preview with it, and the engine does not tell a policy."""

import json
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.catalog.prices_file import read_catalog
from components.cost.declared_resource import DeclaredResource
from optimizers.errors import InvalidArgs
from policies.configuration import limits
from policies.cost_increase import IncreaseLimit
from policies.cost_settings import COST_TYPES, judged_cost
from policies.pack import INCREASE_POLICIES
from stacks.policy_config import configured_policies
from stacks.project import Project

State = Callable[[], Mapping[str, Any] | None]
NOW, UNKNOWN = "usd_per_month_now", "unknown_now"


@contextmanager
def judged_configuration(project: Project, stack: str, state: State) -> Generator[Path | None]:
    """
    Yield the file that a preview is judged by: the stack's own, or a copy of it that says what runs now; None without one.

    The state is read only where the increase has a limit, and the user's file stays as it is.

    Args:
        project: The checkout.
        stack: Name of the stack.
        state: Returns the exported state.

    Raises:
        InvalidArgs: The stack's file breaks the schema.
    """
    path = project.policy_config_path(stack)
    said = configured_policies(project, stack)
    asking = [policy.name for policy in INCREASE_POLICIES if _asks(said.get(policy.name, {}))]
    if not asking:
        yield path if path.is_file() else None
        return
    resources = running_resources(state())
    completed = {**said, **{name: {**said[name], **running_cost(project, resources, said[name])} for name in asking}}
    with tempfile.TemporaryDirectory(prefix="model-serving-") as folder:
        copy = Path(folder) / path.name
        copy.write_text(json.dumps(completed), encoding="utf-8")
        yield copy


def running_resources(state: Mapping[str, Any] | None) -> tuple[DeclaredResource, ...]:
    """
    Return what an exported state holds of all that a cost depends on.

    What is only waiting to be deleted is left out: it is paid for now and not after, so an increase looks larger than it
    is, never smaller.
    """
    resources = (state or {}).get("resources") or ()
    return tuple(
        recorded_resource(
            str(resource["urn"]).rpartition("::")[2],
            str(resource["type"]),
            resource.get("inputs") or {},
            resource.get("outputs") or {},
        )
        for resource in resources
        if resource["type"] in COST_TYPES and not resource.get("delete")
    )


def recorded_resource(name: str, kind: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> DeclaredResource:
    """Return a resource as the engine records it: its provider's word counts, as of a group that its cloud has scaled."""
    return DeclaredResource(name=name, type=kind, props={**inputs, **outputs})


def running_cost(
    project: Project, resources: tuple[DeclaredResource, ...], said: Mapping[str, Any]
) -> dict[str, float | str]:
    """Return what a policy's configuration must say of the cost now: a sum at its number of machines, or why it is unknown."""
    limit = IncreaseLimit.model_validate(
        {key: value for key, value in said.items() if key in IncreaseLimit.model_fields}
    )
    try:
        cost = judged_cost(resources, read_catalog(project.root, datetime.now(UTC).date()), limit).cost
    except InvalidArgs as error:
        return {UNKNOWN: str(error)}
    if cost.total is None:
        line = cost.unknown[0]
        return {UNKNOWN: f"{line.resource}: {line.what}: {line.unit_price.basis}"}
    return {NOW: getattr(cost.total, limit.at)}


def _asks(said: Mapping[str, Any]) -> bool:
    """Return whether a policy has a limit and does not say itself what runs now."""
    return any(said.get(name) is not None for name in limits(IncreaseLimit)) and said.get(NOW) is None
