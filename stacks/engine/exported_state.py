"""A state that `pulumi stack export` wrote: what a preview compares with where nobody may reach the backend."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from optimizers.errors import InvalidArgs, Issue
from optimizers.json_text import parse_json
from stacks.engine.marks import HIDDEN, SECRET, SIGNATURE

# The newest that the engine of this product writes and reads (`sdk/go/common/apitype`, `DeploymentSchemaVersionLatest`).
STATE_VERSION = 4
EXPORT = "pulumi stack export --file state.json"
URN = re.compile(r"urn:pulumi:(?P<stack>[^:]+)::(?P<project>[^:]+)::(?P<type>.+?)::(?P<name>.+)", re.DOTALL)
# What the engine says of a state that it does not take, and adds where `import` has a way round that a preview has not.
DAMAGED = re.compile(r"(?:state file contains errors|could not deserialize deployment): (?P<reason>.+)")


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


def read_exported_state(path: Path, stack: str, project: str) -> ExportedState:
    """
    Return the state in a file.

    Args:
        path: What `pulumi stack export` wrote.
        stack: Name of the stack that it must be of.
        project: Name of the project that it must be of.

    Raises:
        InvalidArgs: The file is not there, is no such state, or is another stack's or project's.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
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
    _refuse_another(path, resources, stack, project)
    without_key = {key: value for key, value in deployment.items() if key != "secrets_providers"}
    return ExportedState(version, *_without_secrets(without_key))


def refused_by_engine(path: Path, said: str) -> InvalidArgs | None:
    """Return what is wrong with the state in a file, where what the engine said of it is that; None for anything else."""
    found = DAMAGED.search(said)
    if found is None:
        return None
    rule = f"the engine does not take it: {found['reason']}"
    return _wrong(path, "a damaged state", rule, f"write it anew with `{EXPORT}`")


def _refuse_another(path: Path, resources: list[dict[str, Any]], stack: str, project: str) -> None:
    for resource in resources:
        urn = URN.fullmatch(resource["urn"])
        if urn is None:
            rule = "a URN is `urn:pulumi:STACK::PROJECT::TYPE::NAME`"
            raise _wrong(path, f"a resource with the URN `{resource['urn']}`", rule, f"write it anew with `{EXPORT}`")
        if urn["project"] != project:
            rule, fix = f"the project is `{project}`", f"write it with `{EXPORT}` in this project"
            raise _wrong(path, f"a state of project `{urn['project']}`", rule, fix)
        if urn["stack"] != stack:
            fix = f"use `--stack {urn['stack']}`"
            raise _wrong(path, f"a state of stack `{urn['stack']}`", f"the stack is `{stack}`", fix)


def _are_resources(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("urn"), str) and isinstance(item.get("type"), str)
        for item in value
    )


def _wrong(path: Path, got: str, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the command line", (Issue("--state", f"`{path}`: {got}", rule, fix),))


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
