"""`serving preview --markdown FILE --json FILE`: where a review goes."""

import json
from pathlib import Path

from optimizers.atomic_file import write_atomically
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.json_destination import JSON
from stacks.review.markdown import markdown
from stacks.review.review import Review

MARKDOWN = "--markdown"


def refuse_unwritable(markdown_file: Path | None, json_file: Path | None) -> None:
    """
    Find out before the engine runs that a file cannot be written.

    Raises:
        InvalidArgs: A folder is missing, or a folder stands where a file is to be; every such option is listed.
    """
    issues = list[Issue]()
    for option, path in ((MARKDOWN, markdown_file), (JSON, json_file)):
        if path is None:
            continue
        if path.is_dir():
            issues.append(Issue(option, f"`{path}`", "it is a folder", "name a file"))
        elif not path.parent.is_dir():
            create = f"run `mkdir -p {path.parent}`, or name another file"
            issues.append(Issue(option, f"`{path}`", f"there is no folder `{path.parent}`", create))
    if markdown_file is not None and json_file is not None and markdown_file.resolve() == json_file.resolve():
        issues.append(Issue(JSON, f"`{json_file}`", f"{MARKDOWN} writes the same file", "name another file"))
    if issues:
        raise InvalidArgs("the command line", tuple(issues))


def write_review(review: Review, markdown_file: Path | None, json_file: Path | None) -> None:
    """Write what is asked for, each file whole or not at all."""
    if markdown_file is not None:
        write_atomically(markdown_file, markdown(review).encode())
    if json_file is not None:
        document = json.dumps(review.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(json_file, f"{document}\n".encode())
