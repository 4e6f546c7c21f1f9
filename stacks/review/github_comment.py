"""
Post a review as the one comment of its stack on a pull request of GitHub.

The comment is found again by its hidden first line, among those that the token's own account wrote: anybody may write that
line. Nothing is ever deleted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import stamina

from components.catalog.download import (
    ATTEMPTS,
    CONNECT_TIMEOUT_S,
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    READ_TIMEOUT_S,
    is_temporary,
)
from optimizers.errors import InvalidArgs, Issue, ServingError

if TYPE_CHECKING:
    import httpx

PAGE = 100  # the most that GitHub gives at once (REST reference, "List issue comments")
# Of 100 comments each; a pull request takes 2,500 comments at the most.
MOST_PAGES = 30
API_VERSION = "2022-11-28"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NOT_ALLOWED = frozenset({401, 403, 404})
# Answers an app's token too, such as a workflow's, with the login that its comments have: `github-actions[bot]`. `GET /user`
# of the REST API refuses an app (https://docs.github.com/rest/users/users#get-the-authenticated-user).
WHO_AM_I = "query { viewer { login } }"
# Where a server of one's own has REST and GraphQL; github.com has GraphQL under the REST API's own address
# (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql).
REST_PATH, GRAPHQL_PATH = "/api/v3", "/api/graphql"


class Outcome(StrEnum):
    """What was done."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """
    Where to comment.

    Attributes:
        api_url: `https://api.github.com`, or that of a server of one's own.
        repository: `owner/name`.
        number: Of the pull request.
    """

    api_url: str
    repository: str
    number: int

    @property
    def comments_url(self) -> str:
        """The comments of the conversation."""
        return f"{self.api_url}/repos/{self.repository}/issues/{self.number}/comments"

    @property
    def graphql_url(self) -> str:
        """The GraphQL API of the same server."""
        if self.api_url.endswith(REST_PATH):
            return f"{self.api_url.removesuffix(REST_PATH)}{GRAPHQL_PATH}"
        return f"{self.api_url}/graphql"


def post(text: str, marker: str, pull_request: PullRequest, token: str, *, only_update: bool = False) -> Outcome:
    """
    Create the comment, or update it where there is one.

    Args:
        text: Markdown that begins with `marker`.
        marker: The hidden line.
        pull_request: Where.
        token: May write comments; it is sent to `api_url` and nowhere else.
        only_update: Write none where there is none, so that one from before does not go stale.

    Raises:
        InvalidArgs: The API's address is not one that a token may be sent to.
        ServingError: GitHub cannot be reached or refuses.
    """
    import httpx

    _refuse_plain_http(pull_request.api_url)
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
    }
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    try:
        # No redirects: the token would go along to wherever one leads.
        with httpx.Client(headers=headers, timeout=timeout, follow_redirects=False) as client:
            # All of it again, not one request: a comment that was created before the answer got lost is found.
            for attempt in stamina.retry_context(
                on=is_temporary, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
            ):
                with attempt:
                    return _post(client, pull_request, text, marker, only_update=only_update)
    except httpx.HTTPStatusError as error:
        raise _refused(pull_request, error.response) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ServingError(
            f"{pull_request.api_url}: cannot be used ({str(error) or type(error).__name__}); run it again"
        ) from None
    raise AssertionError("the last attempt returns or raises")


def _post(client: "httpx.Client", pull_request: PullRequest, text: str, marker: str, *, only_update: bool) -> Outcome:
    existing = next((item for item in _own_comments(client, pull_request) if _body(item).startswith(marker)), None)
    if existing is None:
        if only_update:
            return Outcome.SILENT
        client.post(pull_request.comments_url, json={"body": text}).raise_for_status()
        return Outcome.CREATED
    # GitHub keeps lines that end in CR LF.
    if _body(existing).replace("\r\n", "\n").strip() == text.strip():
        return Outcome.UNCHANGED
    url = f"{pull_request.api_url}/repos/{pull_request.repository}/issues/comments/{int(existing['id'])}"
    client.patch(url, json={"body": text}).raise_for_status()
    return Outcome.UPDATED


def _own_comments(client: "httpx.Client", pull_request: PullRequest) -> Iterator[dict[str, Any]]:
    login = _login(client, pull_request)
    for page in range(1, MOST_PAGES + 1):
        response = client.get(pull_request.comments_url, params={"per_page": PAGE, "page": page})
        comments = response.raise_for_status().json()
        for comment in comments:
            if (comment.get("user") or {}).get("login") == login:
                yield comment
        if len(comments) < PAGE:
            return


def _login(client: "httpx.Client", pull_request: PullRequest) -> str:
    """Return the name of the account that the token comments as; other apps comment as bots too, so a bot is not enough."""
    response = client.post(pull_request.graphql_url, json={"query": WHO_AM_I})
    answer = response.raise_for_status().json()
    login = ((answer.get("data") or {}).get("viewer") or {}).get("login")
    if not login:
        raise ValueError("it does not say whose the token is")
    return str(login)


def _body(comment: dict[str, Any]) -> str:
    return str(comment.get("body") or "")


def _refuse_plain_http(api_url: str) -> None:
    parts = urlsplit(api_url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    issue = Issue("GITHUB_API_URL", f"`{api_url}`", "a token is sent by https only", "use an https address")
    raise InvalidArgs("the environment", (issue,))


def _refused(pull_request: PullRequest, response: "httpx.Response") -> ServingError:
    where = f"{pull_request.repository}#{pull_request.number}"
    remedy = "run it again later"
    if response.status_code in NOT_ALLOWED:
        remedy = "give the workflow `permissions: pull-requests: write`; a fork's pull request never has it"
    return ServingError(f"{where}: GitHub answered {response.status_code}; {remedy}")
