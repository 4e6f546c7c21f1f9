"""Read the spec from `stacks/Pulumi.<stack>.yaml`, where `pulumi` itself reads it too."""

import re
from pathlib import Path

import yaml

from optimizers.errors import InvalidArgs, Issue
from stacks.spec import CONFIG_KEY, ServingSpec
from stacks.spec_issues import parse_spec

STACK_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")


def read_spec(project: Path, stack: str) -> ServingSpec:
    """
    Return the spec of a stack.

    Raises:
        InvalidArgs: The stack has no file, the file is not YAML, or the spec breaks rules.
    """
    path = stack_file(project, stack)
    return parse_spec(_raw_spec(path), source=path.relative_to(project).as_posix())


def stack_file(project: Path, stack: str) -> Path:
    """
    Return the path of a stack's file.

    Raises:
        InvalidArgs: The name is no stack name, or the stack has no file.
    """
    if not STACK_PATTERN.match(stack):
        issue = Issue("--stack", f"`{stack}`", "a stack name has letters, digits, `.`, `_` and `-`", "use such a name")
        raise InvalidArgs("the command line", (issue,))
    path = project / "stacks" / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(file.name.split(".")[1] for file in path.parent.glob("Pulumi.*.yaml"))
        issue = Issue(
            "--stack", f"`{stack}`", f"there is no `stacks/{path.name}`", f"create it or use one of: {', '.join(known)}"
        )
        raise InvalidArgs("the command line", (issue,))
    return path


def _raw_spec(path: Path) -> object:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        reason = getattr(error, "problem", None) or "not UTF-8 text"
        raise InvalidArgs(path.name, (Issue(where, "text that is not YAML", reason, "correct the file"),)) from None
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict) or CONFIG_KEY not in config:
        issue = Issue(
            f"config.{CONFIG_KEY}", "nothing", "the spec is required", f"add it under `config: {CONFIG_KEY}:`"
        )
        raise InvalidArgs(path.name, (issue,))
    spec: object = config[CONFIG_KEY]
    return spec
