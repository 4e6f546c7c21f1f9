"""`stacks/policies.<stack>.json`: what a stack says of its policies, checked before the engine sees it."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from optimizers.errors import InvalidArgs, Issue
from optimizers.json_text import KeyTwice, parse_json
from optimizers.shown_json import shown_json
from policies.configuration import DISABLED, ENFORCEMENT_LEVEL, PolicyConfiguration
from policies.limit_conflicts import conflicts
from policies.pack import CONFIGURATIONS, POLICIES
from stacks.project import Project
from stacks.spec_issues import broken_rule

RULE = 'a policy is followed by an object, as in `{"cost-budget": {"usd_per_month": 500}}`'
# The engine knows `remediate` too, which no policy of the pack does.
LEVELS = ("advisory", "mandatory", DISABLED)

Configured = Mapping[str, Mapping[str, Any]]


def configured_policies(project: Project, stack: str) -> Configured:
    """
    Return what the stack's configuration says of each policy that it names; nothing where there is no such file.

    Raises:
        InvalidArgs: The file is not JSON, sets a field twice, or breaks the schema (`serving schema --policies`), with every
            broken rule.
    """
    path = project.policy_config_path(stack)
    if not path.is_file():
        return {}
    name = path.relative_to(project.root).as_posix()
    try:
        content = parse_json(path.read_text(encoding="utf-8"), keys_once=True)
    except KeyTwice as error:
        got = f"`{error.key}` twice in one object, set to {' and to '.join(map(shown_json, error.values))}"
        raise InvalidArgs(name, (Issue(name, got, "a field is set once", "remove one of the two"),)) from None
    except (OSError, ValueError) as error:
        issue = Issue(name, "text that is not JSON", str(error).partition("\n")[0], "correct it or restore it with git")
        raise InvalidArgs(name, (issue,)) from None
    if not isinstance(content, dict):
        raise InvalidArgs(name, (Issue(name, shown_json(content), RULE, "correct it"),))
    if issues := (*_issues(content), *conflicts(content)):
        raise InvalidArgs(name, issues)
    return content


def _issues(content: dict[str, Any]) -> Iterator[Issue]:
    names = [policy.name for policy in POLICIES]
    for key, value in content.items():
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            # The engine itself would say `invalid enforcement level ""`.
            yield Issue(key, shown_json(value), f"the policies are {', '.join(names)}", f"write `{(near or names)[0]}`")
        elif isinstance(value, dict):
            yield from _broken(key, value)
        else:
            yield Issue(key, shown_json(value), RULE, "correct it")


def _broken(policy: str, said: dict[str, Any]) -> Iterator[Issue]:
    rest = dict(said)
    level = rest.pop(ENFORCEMENT_LEVEL, LEVELS[0])
    if level not in LEVELS:
        rule = f"it must be one of {', '.join(LEVELS)}"
        yield Issue(f"{policy}.{ENFORCEMENT_LEVEL}", shown_json(level), rule, "use one of these words")
    for name in [name for name, value in rest.items() if value is None]:
        yield Issue(
            f"{policy}.{name}", shown_json(rest.pop(name)), "null sets nothing", f"remove `{name}` or give it a value"
        )
    model = CONFIGURATIONS.get(policy, PolicyConfiguration)
    try:
        # As JSON and strictly: what the engine would refuse, such as a number in quotes, is refused here.
        model.model_validate_json(json.dumps(rest), strict=True)
    except ValidationError as error:
        yield from (broken_rule(details, model, policy) for details in error.errors(include_url=False))
