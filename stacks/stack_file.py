"""Read the spec from `stacks/Pulumi.<stack>.yaml`, where `pulumi` itself reads it too."""

import re
from pathlib import Path

from optimizers.errors import InvalidArgs, Issue
from optimizers.shown_json import shown_json
from stacks.spec import CONFIG_KEY, STACK_PATTERN, ServingSpec
from stacks.spec_issues import parse_spec
from stacks.strict_yaml import read_yaml


def read_spec(project: Path, stack: str) -> ServingSpec:
    """
    Return the spec of a stack.

    Raises:
        InvalidArgs: The stack has no file, the file is not YAML, or the spec breaks rules.
    """
    path = stack_file(project, stack)
    source = path.relative_to(project).as_posix()
    return parse_spec(_raw_spec(path, source), source)


def stack_file(project: Path, stack: str) -> Path:
    """
    Return the path of a stack's file.

    Raises:
        InvalidArgs: The name is no stack name, or the stack has no file.
    """
    if not re.match(STACK_PATTERN, stack):
        issue = Issue("--stack", f"`{stack}`", "a stack name has letters, digits, `.`, `_` and `-`", "use such a name")
        raise InvalidArgs("the command line", (issue,))
    path = project / "stacks" / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(
            file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in path.parent.glob("Pulumi.*.yaml")
        )
        issue = Issue(
            "--stack", f"`{stack}`", f"there is no `stacks/{path.name}`", f"create it or use one of: {', '.join(known)}"
        )
        raise InvalidArgs("the command line", (issue,))
    return path


def _raw_spec(path: Path, source: str) -> object:
    content = read_yaml(path, source)
    config = content.get("config") if isinstance(content, dict) else None
    if isinstance(config, dict) and CONFIG_KEY in config:
        spec: object = config[CONFIG_KEY]
        return spec
    fix = f"write it under `config:` and there under `{CONFIG_KEY}:`"
    for where, found in (("the file", content), ("config", config)):
        if found is not None and not isinstance(found, dict):
            raise InvalidArgs(
                source, (Issue(where, shown_json(found), "it must be a mapping, the spec is required", fix),)
            )
    raise InvalidArgs(source, (Issue(f"config.{CONFIG_KEY}", "nothing", "the spec is required", fix),))
