"""A state that `pulumi stack export` wrote: what a preview compares with where nobody may reach the backend."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from optimizers.errors import InvalidArgs, Issue
from stacks.engine.marks import HIDDEN, SECRET, SIGNATURE

# The newest that the engine of this product writes and reads (`sdk/go/common/apitype`, `DeploymentSchemaVersionLatest`).
STATE_VERSION = 4
EXPORT = "pulumi stack export --file state.json"


class ExportedState(NamedTuple):
    """
    A state that can be imported without the passphrase or key of its secrets.

    Attributes:
        version: Of the engine's format.
        hidden: Number of secrets; each now reads `[secret]`, so what holds one shows as changed.
    """

    version: int
    deployment: dict[str, Any]
    hidden: int


def read_exported_state(path: Path, stack: str) -> ExportedState:
    """
    Return the state in a file.

    Args:
        path: What `pulumi stack export` wrote.
        stack: Name of the stack that it must be of.

    Raises:
        InvalidArgs: The file is not there, is no such state, or is another stack's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise _wrong(path, "no file of JSON", reason, f"write it with `{EXPORT}`") from None
    deployment = content.get("deployment") if isinstance(content, dict) else None
    version = content.get("version") if isinstance(content, dict) else None
    # A bool is an int for Python, a string is none for the engine.
    if not isinstance(deployment, dict) or type(version) is not int or version < 1:
        rule = "a state has `version` and `deployment`"
        raise _wrong(path, "something else", rule, f"write it with `{EXPORT}`")
    if version > STATE_VERSION:
        rule = f"this product's engine reads version {STATE_VERSION}"
        raise _wrong(path, f"a state of version {version}", rule, f"write it with that engine's `{EXPORT}`")
    # The engine writes null for a stack without resources.
    resources = [] if deployment.get("resources") is None else deployment["resources"]
    if not _are_resources(resources):
        rule = "its `resources` are a list of objects with `urn` and `type`"
        raise _wrong(path, "something else", rule, f"write it with `{EXPORT}`")
    others = sorted({name for name in map(_stack, resources) if name != stack})
    if others:
        raise _wrong(path, f"a state of stack `{others[0]}`", f"the stack is `{stack}`", f"use `--stack {others[0]}`")
    without_key = {key: value for key, value in deployment.items() if key != "secrets_providers"}
    return ExportedState(version, *_without_secrets(without_key))


def _are_resources(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("urn"), str) and isinstance(item.get("type"), str)
        for item in value
    )


def _wrong(path: Path, got: str, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the command line", (Issue("--state", f"`{path}`: {got}", rule, fix),))


def _stack(resource: dict[str, Any]) -> str:
    # urn:pulumi:STACK::PROJECT::TYPE::NAME
    return str(resource["urn"]).removeprefix("urn:pulumi:").partition("::")[0]


def _without_secrets(value: Any) -> tuple[Any, int]:  # noqa: ANN401 - any JSON value
    """Return the value with `[secret]` for each secret, those in plain text too, and how many there were."""
    if isinstance(value, dict):
        # The engine takes no secret where there is no key to encrypt it with.
        if value.get(SIGNATURE) == SECRET:
            return HIDDEN, 1
        found = {key: _without_secrets(item) for key, item in value.items()}
        return {key: item for key, (item, _) in found.items()}, sum(count for _, count in found.values())
    if isinstance(value, list):
        items = [_without_secrets(item) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0
