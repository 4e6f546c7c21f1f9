"""`stacks/policies.<stack>.json`: which policies of a stack have a limit."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from optimizers.errors import InvalidArgs, Issue
from policies.pack import POLICIES
from stacks.project import Project

RULE = 'a policy is followed by an object, as in `{"cost-budget": {"usd_per_month": 500}}`'


def configured_policies(project: Project, stack: str) -> frozenset[str]:
    """
    Return the names of the policies that the stack's configuration names; none where there is no such file.

    Raises:
        InvalidArgs: The file is not JSON, not an object with one object a policy, or names a policy that is not there.
    """
    path = project.policy_config_path(stack)
    if not path.is_file():
        return frozenset()
    name = path.relative_to(project.root).as_posix()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        issue = Issue(name, "text that is not JSON", str(error).partition("\n")[0], "correct it or restore it with git")
        raise InvalidArgs(name, (issue,)) from None
    if not isinstance(content, dict):
        raise InvalidArgs(name, (Issue(name, f"`{content}`", RULE, "correct it"),))
    if issues := tuple(_issues(content)):
        raise InvalidArgs(name, issues)
    return frozenset(content)


def _issues(content: dict[str, Any]) -> Iterator[Issue]:
    names = [policy.name for policy in POLICIES]
    for key, value in content.items():
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            # The engine itself would say `invalid enforcement level ""`.
            yield Issue(key, f"`{value}`", f"the policies are {', '.join(names)}", f"write `{(near or names)[0]}`")
        elif not isinstance(value, dict):
            yield Issue(key, f"`{value}`", RULE, "correct it")
