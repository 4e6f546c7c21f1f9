"""The one comment, against a real server that has the endpoints of GitHub that it needs."""

from collections.abc import Generator

import pytest

from optimizers.errors import InvalidArgs, ServingError
from stacks.review.github_comment import Outcome, PullRequest, post
from stacks.review.markdown import marker
from tests.support.github import BOT, COMMENTS, REPOSITORY, TOKEN, GitHub, serving_github

MARKER = marker("dev", "")
OLD, NEW = f"{MARKER}\n\nold\n", f"{MARKER}\n\nnew\n"
SOMEBODY = {"login": "somebody", "type": "User"}
OTHER_APP = {"login": "other-app[bot]", "type": "Bot"}


@pytest.fixture
def github() -> Generator[GitHub]:
    with serving_github() as server:
        yield server


def commented(github: GitHub, text: str = NEW, *, token: str = TOKEN, only_update: bool = False) -> Outcome:
    return post(text, MARKER, PullRequest(github.url, REPOSITORY, 7), token, only_update=only_update)


def bodies(github: GitHub) -> list[str]:
    return [comment["body"] for comment in github.comments]


def test_the_first_run_creates_and_the_next_ones_update_the_same_comment(github: GitHub) -> None:
    assert commented(github, OLD) is Outcome.CREATED
    assert commented(github, NEW) is Outcome.UPDATED
    assert commented(github, NEW) is Outcome.UNCHANGED

    assert bodies(github) == [NEW]
    assert github.writes == [f"POST {COMMENTS}", f"PATCH /repos/{REPOSITORY}/issues/comments/1000"]


def test_it_is_found_on_any_page(github: GitHub) -> None:
    for number in range(250):
        github.add(OLD if number == 234 else f"comment {number}")

    assert commented(github) is Outcome.UPDATED
    assert len(github.comments) == 250
    assert github.comments[234]["body"] == NEW


@pytest.mark.parametrize("number", [100, 200])
def test_a_full_last_page_ends_the_search(github: GitHub, number: int) -> None:
    for _ in range(number):
        github.add("other")

    assert commented(github) is Outcome.CREATED


@pytest.mark.parametrize("other", [marker("prod", ""), marker("dev", "services/a"), marker("dev", "services/b")])
def test_the_comment_of_another_stack_or_project_is_left_alone(github: GitHub, other: str) -> None:
    github.add(f"{other}\n\nother")

    assert commented(github) is Outcome.CREATED
    assert len(github.comments) == 2


def test_a_comment_in_which_somebody_else_wrote_the_marker_is_left_alone(github: GitHub) -> None:
    github.add(OLD, SOMEBODY)
    github.add(f"quoted: {OLD}", BOT)

    assert commented(github) is Outcome.CREATED
    assert bodies(github)[0] == OLD


def test_another_app_s_comment_that_starts_with_the_marker_is_left_alone(github: GitHub) -> None:
    github.add(OLD, OTHER_APP)

    assert commented(github) is Outcome.CREATED
    assert commented(github) is Outcome.UNCHANGED
    assert bodies(github) == [OLD, NEW]


@pytest.mark.parametrize("owner", [{"login": "maintainer", "type": "User"}, OTHER_APP])
def test_whoever_the_token_belongs_to_finds_their_own_comment(github: GitHub, owner: dict[str, str]) -> None:
    github.owner = owner
    github.add(OLD, BOT)

    assert commented(github) is Outcome.CREATED
    assert commented(github, OLD) is Outcome.UPDATED
    assert github.comments[1]["user"] == owner


def test_a_server_that_does_not_say_whose_the_token_is_gets_no_comment(github: GitHub) -> None:
    github.owner = None

    with pytest.raises(ServingError, match=r"does not say whose the token is\); run it again"):
        commented(github)
    assert github.writes == []


@pytest.mark.parametrize(
    ("api_url", "graphql_url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.octocorp.ghe.com", "https://api.octocorp.ghe.com/graphql"),
        ("https://github.example/api/v3", "https://github.example/api/graphql"),
    ],
)
def test_each_kind_of_server_has_its_graphql_beside_its_rest(api_url: str, graphql_url: str) -> None:
    assert PullRequest(api_url, REPOSITORY, 7).graphql_url == graphql_url


def test_a_silent_run_updates_what_is_there_and_creates_nothing(github: GitHub) -> None:
    assert commented(github, only_update=True) is Outcome.SILENT
    assert github.writes == []

    github.add(OLD)
    assert commented(github, only_update=True) is Outcome.UPDATED
    assert bodies(github) == [NEW]


def test_lines_that_github_ends_in_another_way_are_no_change(github: GitHub) -> None:
    github.add(NEW.replace("\n", "\r\n").strip())

    assert commented(github) is Outcome.UNCHANGED


@pytest.mark.parametrize("failure", [("graphql", 502), ("GET", 500), ("GET", 429), ("POST", 503), ("answer lost", 502)])
def test_a_trouble_that_passes_leaves_one_comment(github: GitHub, failure: tuple[str, int]) -> None:
    github.failures = [failure]

    commented(github)

    assert bodies(github) == [NEW]
    assert github.failures == []


def test_a_trouble_that_stays_is_one_sentence(github: GitHub) -> None:
    github.failures = [("GET", 500)] * 9

    with pytest.raises(ServingError, match=r"owner/name#7: GitHub answered 500; run it again later"):
        commented(github)
    assert len(github.failures) == 6


def test_a_token_that_may_not_comment_is_told_what_it_needs_and_not_shown(github: GitHub) -> None:
    with pytest.raises(ServingError, match=r"GitHub answered 401; give the workflow `permissions: pull-requests") as no:
        commented(github, token="another-secret")

    assert "another-secret" not in str(no.value)
    assert github.comments == []


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ServingError, match=r"http://127\.0\.0\.1:9: cannot be used"):
        post(NEW, MARKER, PullRequest("http://127.0.0.1:9", REPOSITORY, 7), TOKEN)


@pytest.mark.parametrize("url", ["http://api.github.com", "http://127.0.0.1.example", "ftp://x", "api.github.com", ""])
def test_a_token_is_sent_by_https_only(url: str) -> None:
    with pytest.raises(InvalidArgs, match="a token is sent by https only"):
        post(NEW, MARKER, PullRequest(url, REPOSITORY, 7), TOKEN)
