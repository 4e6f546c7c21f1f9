"""The part of GitHub's REST API that comments need, as a real server on the loopback interface."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.loopback import Handler, LoopbackServer, serving

TOKEN = "a-token"
REPOSITORY = "owner/name"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
GRAPHQL = "/graphql"
COMMENTS = f"/repos/{REPOSITORY}/issues/7/comments"


@dataclass
class GitHub:
    """
    A repository with one pull request, number 7.

    Attributes:
        comments: What is there, oldest first.
        failures: Status to answer with instead, one request each; `after` as its second word: do it first.
        owner: Who the token belongs to; None where the server does not say so.
        requests: Method and path of each request.
    """

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failures: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    owner: dict[str, str] | None = field(default_factory=BOT.copy)
    requests: list[str] = field(default_factory=list[str])

    def add(self, body: str, user: dict[str, str] | None = None) -> None:
        """Add a comment."""
        self.comments.append({"id": 1000 + len(self.comments), "body": body, "user": user or BOT})

    @property
    def writes(self) -> list[str]:
        """The requests that were to change something."""
        return [request for request in self.requests if not request.startswith("GET") and not request.endswith(GRAPHQL)]


class _Server(LoopbackServer):
    def __init__(self, github: GitHub) -> None:
        self.github = github
        super().__init__(_Handler)
        github.url = self.url


class _Handler(Handler):
    server: "_Server"

    def get(self) -> None:
        parts = urlsplit(self.path)
        if self._refused(parts.path):
            return
        if parts.path == COMMENTS:
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            self._answer(200, self.server.github.comments[(page - 1) * size : page * size])
        else:
            self._answer(404, {})

    def post(self) -> None:
        content = self._content()
        if self.path == GRAPHQL:
            self._answer_viewer(content["query"])
        elif self.path == COMMENTS and not self._refused(self.path):
            self.server.github.add(str(content["body"]), self.server.github.owner)
            if not self._failed("answer lost"):
                self._answer(201, self.server.github.comments[-1])

    def _answer_viewer(self, query: str) -> None:
        self.server.github.requests.append(f"POST {GRAPHQL}")
        if not self._authorized() or self._failed("graphql"):
            return
        owner = self.server.github.owner
        viewer = {"login": owner["login"]} if owner and query == "query { viewer { login } }" else None
        self._answer(200, {"data": {"viewer": viewer}})

    def patch(self) -> None:
        body = str(self._content()["body"])
        if self._refused(self.path):
            return
        found = [item for item in self.server.github.comments if self.path.endswith(f"/issues/comments/{item['id']}")]
        for item in found:
            item["body"] = body
        self._answer(200 if found else 404, {})

    def _refused(self, path: str) -> bool:
        self.server.github.requests.append(f"{self.command} {path}")
        return not self._authorized() or self._failed(self.command)

    def _authorized(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self._answer(401, {})
        return False

    def _failed(self, when: str) -> bool:
        if self.server.github.failures and self.server.github.failures[0][0] == when:
            self._answer(self.server.github.failures.pop(0)[1], {})
            return True
        return False

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.content())
        return content

    def _answer(self, status: int, content: Any) -> None:
        self.answer(status, json.dumps(content).encode())


@contextmanager
def serving_github() -> Generator[GitHub]:
    """Serve a repository on a free port."""
    github = GitHub()
    with serving(_Server(github)):
        yield github
