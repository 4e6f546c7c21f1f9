"""`serving comment` as a workflow runs it."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.cli.commit import previewed_commit
from stacks.review.failed_preview import failed_preview
from stacks.review.markdown import markdown
from stacks.review.review import PolicyReview, Review
from stacks.review.silence import is_silent
from tests.support.checkout import Checkout, Finished, finished
from tests.support.github import REPOSITORY, TOKEN, GitHub, serving_github
from tests.support.reviews import PASSED, change, endpoint, line, plan, priced, review, usd

GROUP = change("workers", before={"size": 1}, after={"size": 2})
REFUSED = PolicyReview(policy="p", verdict="refused", rule="r", messages=("m",))
WARNED = REFUSED.model_copy(update={"verdict": "warned"})


def dearer(by_usd: float | None, *policies: PolicyReview) -> Review:
    cost = None if by_usd is None else usd(100 + by_usd)
    return review(
        GROUP, before=priced(line(GROUP, "a", usd(100.0))), after=priced(line(GROUP, "b", cost)), policies=policies
    )


def at_most(by_usd: float) -> Review:
    after = usd(100.0, maximum=100.0 + by_usd)
    return review(GROUP, before=priced(line(GROUP, "a", usd(100.0))), after=priced(line(GROUP, "b", after)))


def without_p99() -> Review:
    recorded = plan()
    recorded["predicted"]["p99_ms"] = {"value": None, "basis": "more requests than it can answer"}
    return review(endpoint(after=recorded))


@pytest.fixture
def github() -> Generator[GitHub]:
    with serving_github() as server:
        yield server


def commented(folder: Path, github: GitHub, made: Review, *arguments: str, **variables: str) -> Finished:
    (folder / "review.json").write_text(made.model_dump_json())
    (folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    known = {
        "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN,
        "GITHUB_EVENT_PATH": str(folder / "event.json"), **variables,
    }  # fmt: skip
    return finished(Checkout(root=folder, port=0).start("comment", "review.json", *arguments, **known))


def test_the_pull_request_that_started_the_workflow_gets_the_comment(tmp_path: Path, github: GitHub) -> None:
    made = dearer(5.0)

    result = commented(tmp_path, github, made)

    assert (result.code, result.out) == (0, "")
    assert result.err == "comment of stack dev on owner/name#7: created\n"
    assert [item["body"] for item in github.comments] == [markdown(made)]


def test_under_the_threshold_nothing_is_created_and_an_old_comment_is_updated(tmp_path: Path, github: GitHub) -> None:
    assert "under the threshold" in commented(tmp_path, github, dearer(5.0), "--silent-below-usd", "10").err
    assert github.comments == []

    commented(tmp_path, github, dearer(50.0), "--silent-below-usd", "10")
    commented(tmp_path, github, dearer(-5.0), "--silent-below-usd", "10")
    assert [item["body"] for item in github.comments] == [markdown(dearer(-5.0))]


@pytest.mark.parametrize(
    ("made", "below", "silent"),
    [
        (dearer(9.99), 10, True), (dearer(-9.99), 10, True), (dearer(10.0), 10, False), (dearer(-10.0), 10, False),
        (dearer(0.0), 0, False), (dearer(0.0), 0.01, True), (dearer(None), 1e9, False), (dearer(1.0, REFUSED), 1e9, False),
        (dearer(1.0, WARNED), 1e9, False), (dearer(1.0, PASSED), 10, True), (at_most(100_000.0), 10, False),
        (at_most(9.0), 10, True), (without_p99(), 1e9, False),
    ],
)  # fmt: skip
def test_what_is_refused_warned_of_or_unknown_is_never_silent(made: Review, below: float, silent: bool) -> None:
    assert is_silent(made, below) is silent


@given(st.floats(min_value=-90, max_value=1e6).map(lambda value: round(value, 2)))
def test_without_a_threshold_nothing_is_silent(by_usd: float) -> None:
    assert not is_silent(dearer(by_usd), 0)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GITHUB_REPOSITORY", "../x"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_TOKEN", ""),
        ("GITHUB_EVENT_PATH", "none.json"),
    ],
)
def test_what_is_missing_in_the_environment_is_named(tmp_path: Path, github: GitHub, variable: str, value: str) -> None:
    result = commented(tmp_path, github, dearer(5.0), **{variable: value})

    assert result.code == 2
    assert ("--pull-request" if variable == "GITHUB_EVENT_PATH" else variable) in result.err
    assert github.requests == []


@pytest.mark.parametrize("event", [{"pull_request": None}, {"pull_request": {"head": None}}, {"pull_request": [7]}])
def test_an_event_that_is_of_no_pull_request_needs_a_number(tmp_path: Path, github: GitHub, event: object) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(event))

    result = commented(tmp_path, github, dearer(5.0), GITHUB_EVENT_PATH=str(path))

    assert result.code == 2
    assert "--pull-request" in result.err
    assert previewed_commit(tmp_path, {"GITHUB_EVENT_PATH": str(path)}) is None


def test_a_document_of_another_form_is_named(tmp_path: Path, github: GitHub) -> None:
    commented(tmp_path, github, dearer(5.0))
    (tmp_path / "other.json").write_text('{"version": 1}')

    result = finished(Checkout(root=tmp_path, port=0).start("comment", "other.json"))

    assert result.code == 2
    assert "serving preview --json other.json" in result.err
    assert "Traceback" not in result.err


RUN = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "99"}


def failed(folder: Path, github: GitHub, *arguments: str, **variables: str) -> Finished:
    event = {"pull_request": {"number": 7, "head": {"sha": "c0ffee"}}}
    (folder / "event.json").write_text(json.dumps(event))
    known = {
        "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN,
        "GITHUB_EVENT_PATH": str(folder / "event.json"), **RUN, **variables,
    }  # fmt: skip
    return finished(Checkout(root=folder, port=0).start("comment", *arguments, **known))


def test_a_failed_preview_replaces_the_review_and_the_next_review_replaces_that(tmp_path: Path, github: GitHub) -> None:
    commented(tmp_path, github, dearer(5.0))

    result = failed(tmp_path, github, "--failed", "4", "--stack", "dev")

    assert result.code == 0
    assert result.err == "comment of stack dev on owner/name#7: updated\n"
    (comment,) = github.comments
    text = failed_preview("dev", "", 4, commit="c0ffee", run_url="https://github.example/owner/name/actions/runs/99")
    assert comment["body"] == text
    assert "updated" in commented(tmp_path, github, dearer(5.0)).err
    assert [item["body"] for item in github.comments] == [markdown(dearer(5.0))]


def test_a_failed_preview_is_told_where_no_comment_is_there(tmp_path: Path, github: GitHub) -> None:
    assert failed(tmp_path, github, "--failed", "2", "--stack", "dev").code == 0
    assert len(github.comments) == 1


@pytest.mark.parametrize(
    "variables",
    [{"GITHUB_SERVER_URL": "https://x) [y](https://evil"}, {"GITHUB_RUN_ID": "1/../2"}, {"GITHUB_RUN_ID": ""}],
)
def test_what_is_no_run_of_a_workflow_is_not_linked(tmp_path: Path, github: GitHub, variables: dict[str, str]) -> None:
    failed(tmp_path, github, "--failed", "2", "--stack", "dev", **variables)

    assert "](" not in github.comments[0]["body"]


@pytest.mark.parametrize(
    "arguments",
    [(), ("--failed", "4"), ("review.json", "--failed", "4", "--stack", "dev"), ("review.json", "--stack", "dev")],
)
def test_a_comment_is_of_a_review_or_of_a_failure(tmp_path: Path, github: GitHub, arguments: tuple[str, ...]) -> None:
    result = failed(tmp_path, github, *arguments)

    assert result.code == 2
    assert "--failed CODE --stack STACK" in result.err
    assert github.requests == []


@pytest.mark.parametrize("code", ["0", "256"])
def test_a_failure_has_the_exit_code_of_one(tmp_path: Path, github: GitHub, code: str) -> None:
    assert failed(tmp_path, github, "--failed", code, "--stack", "dev").code == 2


@pytest.mark.parametrize("version", [99, "99", None])
def test_a_document_of_another_version_is_refused(tmp_path: Path, github: GitHub, version: object) -> None:
    document = {**json.loads(dearer(5.0).model_dump_json()), "version": version, "field_of_the_future": 1}
    (tmp_path / "other.json").write_text(json.dumps(document))
    variables = {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}

    arguments = ("comment", "other.json", "--pull-request", "7")
    result = finished(Checkout(root=tmp_path, port=0).start(*arguments, **variables))

    assert result.code == 2
    assert f"version: got `{json.dumps(version)}`; this model-serving reads version 1; write it anew with" in result.err
    assert github.comments == []


@pytest.mark.parametrize(
    ("content", "said"), [(b"[" * 100_000, "nested too deeply"), (b"\xff", "no JSON document")], ids=["deep", "no text"]
)
def test_a_document_that_is_no_json_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "other.json").write_bytes(content)

    result = finished(Checkout(root=tmp_path, port=0).start("comment", "other.json"))

    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err


def test_two_projects_of_one_repository_have_a_comment_each(tmp_path: Path, github: GitHub) -> None:
    (tmp_path / ".git").mkdir()
    for name in ("a", "b"):
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        # What cannot be read is a reason to fail.
        (folder / "Pulumi.yaml").write_text("[")
        made = dearer(5.0).model_copy(update={"folder": f"services/{name}"})
        assert commented(folder, github, made).err.endswith(": created\n")
    assert [item["body"].splitlines()[0] for item in github.comments] == [
        f"<!-- model-serving preview: stack=dev folder=services%2F{name} -->" for name in ("a", "b")
    ]

    assert failed(tmp_path / "services/a", github, "--failed", "2", "--stack", "dev").err.endswith(": updated\n")
    assert "dev in services/a: the preview" in github.comments[0]["body"]
    assert "monthly cost" in github.comments[1]["body"]
