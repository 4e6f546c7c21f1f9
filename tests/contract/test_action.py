"""The Action of this repository and the workflow that uses it: pinned, with least permissions, no code from a text."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

GITHUB = Path(__file__).parents[2] / ".github"
ACTION = GITHUB / "actions/preview/action.yml"
WORKFLOW = GITHUB / "workflows/preview.yml"
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def read(path: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(path.read_text())
    return content


def steps(path: Path) -> list[dict[str, Any]]:
    content = read(path)
    if "runs" in content:
        found: list[dict[str, Any]] = content["runs"]["steps"]
        return found
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=lambda path: path.name)
def test_every_action_of_others_is_pinned_by_its_digest_with_its_version_beside_it(path: Path) -> None:
    used = [line.strip() for line in path.read_text().splitlines() if "uses:" in line]

    assert used
    for line in used:
        assert PINNED.fullmatch(line.removeprefix("- ")) or line == "- uses: ./.github/actions/preview"


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=lambda path: path.name)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """A branch's name is text that its author chose; in a script it would be code."""
    for step in steps(path):
        assert "${{" not in step.get("run", "")


def test_the_inputs_are_the_contract_and_each_is_described() -> None:
    inputs = read(ACTION)["inputs"]

    assert set(inputs) == {"stack", "working-directory", "offline", "state", "silent-below-usd", "token", "python"}
    assert all(item["description"] and isinstance(item["default"], str) for item in inputs.values())
    assert read(ACTION)["runs"]["using"] == "composite"


def test_every_input_is_used() -> None:
    text = ACTION.read_text()

    for name in read(ACTION)["inputs"]:
        assert f"inputs.{name}" in text


def test_every_script_names_its_shell() -> None:
    assert all(step["shell"] == "bash" for step in steps(ACTION) if "run" in step)


def test_the_token_goes_to_the_comment_alone() -> None:
    (step,) = [step for step in steps(ACTION) if "inputs.token" in str(step.get("env", ""))]

    programs = [line for line in step["run"].splitlines() if not line.startswith(("arguments=", "# ", "if [ ! -f "))]
    assert programs == ['.venv/bin/serving comment "${arguments[@]}"']
    # A fork's pull request has a token that may only read.
    assert "github.event.pull_request.head.repo.full_name == github.repository" in step["if"]


def test_a_refusal_fails_the_check_after_the_comment_is_written() -> None:
    names = [step.get("name") for step in steps(ACTION)]

    assert names.index("Preview") < names.index("Comment") < names.index("End as the preview did") == len(names) - 1


def test_the_workflow_has_least_permissions_and_never_the_event_that_gives_forks_a_token() -> None:
    workflow = read(WORKFLOW)

    # YAML 1.1 reads the key `on` as true.
    assert workflow[True] == {"pull_request": None}
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    (checkout,) = [step for step in job["steps"] if step["uses"].startswith("actions/checkout@")]
    assert checkout["with"] == {"persist-credentials": False}
