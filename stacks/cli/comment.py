"""`serving comment`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from optimizers.errors import InvalidArgs, Issue
from optimizers.json_text import NotJson, parse_json
from optimizers.shown_json import shown_json
from stacks.cli.commit import event_pull_request, previewed_commit
from stacks.cli.console import say
from stacks.cli.repository_folder import repository_folder
from stacks.project import nearest_project
from stacks.review.failed_preview import failed_preview
from stacks.review.github_comment import Outcome, PullRequest, post
from stacks.review.markdown import markdown, marker
from stacks.review.review import REVIEW_VERSION, Review
from stacks.review.silence import is_silent

# Variables that every workflow of GitHub has, but for the token.
API_URL, REPOSITORY, TOKEN = "GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"
SERVER_URL, RUN_ID = "GITHUB_SERVER_URL", "GITHUB_RUN_ID"
DEFAULT_API_URL = "https://api.github.com"
# Nothing that would end a link of Markdown.
SERVER = re.compile(r"https?://[\w.-]+(:\d+)?", re.ASCII)
NAME = re.compile(r"[a-z0-9-]+/(?!\.{1,2}$)[\w.-]+", re.ASCII | re.IGNORECASE)
SAID = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.UNCHANGED: "left as it is: nothing new",
    Outcome.SILENT: "not written: the change of the cost is under the threshold",
}


def run(review_file: Path, *, pull_request: int | None, silent_below_usd: float) -> None:
    """
    Post the review as the one comment of its stack.

    Under the threshold a comment that is there already is updated, and none is created.
    """
    review = _read(review_file)
    _post(review.stack, review.folder, markdown(review), pull_request, only_update=is_silent(review, silent_below_usd))


def run_failed(stack: str, exit_code: int, *, pull_request: int | None) -> None:
    """
    Say in the one comment of a stack that its preview failed, why in a word, and where its error stands.

    It is created where there is none: whoever waits for the review is to know that none comes.
    """
    commit = previewed_commit(Path.cwd(), os.environ)
    project = nearest_project(Path.cwd())
    # Not what `Pulumi.yaml` says: that it cannot be read may be why the preview failed.
    folder = repository_folder(project.root if project else Path.cwd())
    text = failed_preview(stack, folder, exit_code, commit=commit, run_url=_run_url(os.environ))
    _post(stack, folder, text, pull_request, only_update=False)


def _post(stack: str, folder: str, text: str, number: int | None, *, only_update: bool) -> None:
    where = _where(os.environ, number)
    outcome = post(text, marker(stack, folder), where, os.environ.get(TOKEN, ""), only_update=only_update)
    say(f"comment of stack {stack} on {where.repository}#{where.number}: {SAID[outcome]}")


def _run_url(environment: Mapping[str, str]) -> str | None:
    """Return the page of the workflow's run; None outside of one."""
    server, repository, number = (environment.get(name, "") for name in (SERVER_URL, REPOSITORY, RUN_ID))
    if not (SERVER.fullmatch(server) and NAME.fullmatch(repository) and number.isascii() and number.isdigit()):
        return None
    return f"{server}/{repository}/actions/runs/{number}"


def _read(path: Path) -> Review:
    try:
        text = path.read_text(encoding="utf-8")
        content = parse_json(text)
        version = content.get("version", REVIEW_VERSION) if isinstance(content, dict) else REVIEW_VERSION
        # First: in a form of another version other fields are right.
        if version != REVIEW_VERSION:
            raise _unreadable(
                path, "version", shown_json(version), f"this model-serving reads version {REVIEW_VERSION}"
            )
        return Review.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or str(path)
        raise _unreadable(path, place, "another form", first["msg"].lower()) from None
    except (NotJson, UnicodeDecodeError) as error:
        raise _unreadable(path, str(path), "no JSON document", str(error)) from None


def _unreadable(path: Path, place: str, got: str, rule: str) -> InvalidArgs:
    return InvalidArgs(str(path), (Issue(place, got, rule, f"write it anew with `serving preview --json {path}`"),))


def _where(environment: Mapping[str, str], number: int | None) -> PullRequest:
    issues = list[Issue]()
    repository = environment.get(REPOSITORY, "")
    if not NAME.fullmatch(repository):
        issues.append(Issue(REPOSITORY, f"`{repository}`", "it is `owner/name`", f"export {REPOSITORY}=owner/name"))
    found = number or event_pull_request(environment).get("number")
    if not isinstance(found, int) or found < 1:
        rule = "no number is given, and no pull request started this run"
        issues.append(Issue("--pull-request", f"`{found}`", rule, "name its number"))
    if not environment.get(TOKEN):
        issues.append(Issue(TOKEN, "nothing", "a token that may comment is needed", "pass it as a variable, not typed"))
    if issues:
        raise InvalidArgs("the environment", tuple(issues))
    return PullRequest(environment.get(API_URL, DEFAULT_API_URL).rstrip("/"), repository, int(str(found)))
