"""What a stack's last state costs: `cost-increase` compares a preview with it, and the engine does not tell a policy."""

import json
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.catalog.prices_file import read_catalog
from components.cost.declared_properties import declared_properties
from components.cost.declared_resource import DeclaredResource
from optimizers.errors import InvalidArgs
from policies.configuration import sets_limit
from policies.cost_increase import IncreaseLimit
from policies.cost_settings import COST_TYPES, judged_cost
from policies.pack import INCREASE_POLICIES
from stacks.engine.build import Say
from stacks.policy_config import configured_policies
from stacks.project import Project

State = Callable[[], Mapping[str, Any] | None]
NOW, UNKNOWN = "usd_per_month_now", "unknown_now"


@contextmanager
def judged_configuration(project: Project, stack: str, state: State, say: Say) -> Generator[Path | None]:
    """
    Yield the file that a preview is judged by: the stack's own, or a copy of it that says what runs now; None without one.

    The state is read only where the increase has a limit, and the user's file stays as it is. What that file says runs now
    counts only where the state holds nothing.

    Args:
        project: The checkout.
        stack: Name of the stack.
        state: Returns the exported state.
        say: Called with a line of text where the file says itself what runs now, and what counts.

    Raises:
        InvalidArgs: The stack's file breaks the schema.
    """
    path = project.policy_config_path(stack)
    said = configured_policies(project, stack)
    asking = [policy.name for policy in INCREASE_POLICIES if sets_limit(said.get(policy.name, {}), IncreaseLimit)]
    if not asking:
        yield path if path.is_file() else None
        return
    runs = state()
    resources = running_resources(runs)
    completed = dict(said)
    for name in asking:
        written = said[name].get(NOW)
        found = running_cost(project, resources, said[name])
        remark = _remark(written, found, runs)
        if remark is not None:
            say(f"{name}: `{NOW}` in {path.relative_to(project.root).as_posix()} {remark}")
        # Another number of machines is another sum, so each policy has its own.
        if written is None or _holds(runs):
            completed[name] = {**_without_facts(said[name]), **found}
    with tempfile.TemporaryDirectory(prefix="model-serving-") as folder:
        copy = Path(folder) / path.name
        copy.write_text(json.dumps(completed), encoding="utf-8")
        yield copy


def running_resources(state: Mapping[str, Any] | None) -> tuple[DeclaredResource, ...]:
    """
    Return what an exported state holds of all that a cost depends on.

    What the program only reads (`.get`) is left out: it is paid for elsewhere, and no policy sees it in a preview. What is
    only waiting to be deleted is left out too: it is paid for now and not after, so an increase looks larger than it is,
    never smaller.
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
        if resource["type"] in COST_TYPES and not resource.get("external") and not resource.get("delete")
    )


def recorded_resource(name: str, kind: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> DeclaredResource:
    """Return a resource as the engine records it, in a state or of a step, by the rule that the policies judge it by."""
    return DeclaredResource(name=name, type=kind, props=declared_properties(inputs, outputs))


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


def _holds(runs: Mapping[str, Any] | None) -> bool:
    return bool((runs or {}).get("resources"))


def _without_facts(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in {NOW, UNKNOWN}}


def _remark(written: float | None, found: Mapping[str, float | str], runs: Mapping[str, Any] | None) -> str | None:
    """Say which of two sums counts; None where there is one, or both are the same."""
    if written is None or written == found.get(NOW):
        return None
    if not _holds(runs):
        return f"counts, ${written:,.2f}: the state holds nothing"
    now = found.get(NOW)
    costs = f"an unknown sum ({found[UNKNOWN]})" if now is None else f"${now:,.2f}"
    return f"does not count, ${written:,.2f}: what the state holds costs {costs}; remove it from the file"
