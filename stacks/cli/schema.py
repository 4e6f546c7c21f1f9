"""`serving schema`."""

import json
from pathlib import Path
from typing import Any

from optimizers.atomic_file import write_atomically
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.console import print_json
from stacks.review.review_schema import review_schema
from stacks.stack_schema import stack_schema

POLICIES_OPTION = "--policies"
REVIEW_OPTION = "--review"


def run(*, policies: bool, review: bool, check: Path | None, out: Path | None) -> None:
    """Print, write or compare the schema of a stack file, of its policies' configuration, or of a review."""
    if policies and review:
        issue = Issue(REVIEW_OPTION, f"with {POLICIES_OPTION}", "each has a schema of its own", "name one of them")
        raise InvalidArgs("the command line", (issue,))
    schema = _policy_schema() if policies else review_schema() if review else stack_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if check is not None:
        if not check.is_file() or check.read_text() != text:
            got = "another schema" if check.is_file() else "no file"
            option = f" {POLICIES_OPTION}" if policies else f" {REVIEW_OPTION}" if review else ""
            issue = Issue(str(check), got, "it must be this version's", f"run `serving schema{option} --out {check}`")
            raise InvalidArgs("the schema file", (issue,))
    elif out is not None:
        write_atomically(out, text.encode())
    else:
        print_json(schema)


def _policy_schema() -> dict[str, Any]:
    # The pack loads the policy SDK, which the schema of a stack file does not need.
    from stacks.policy_schema import policy_schema

    return policy_schema()
