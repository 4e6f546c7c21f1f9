"""The scripts of the Action, run as GitHub's runner runs them, against a real server with GitHub's endpoints."""

import json
import os
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from stacks.review.markdown import marker
from tests.support.checkout import ROOT, TIMEOUT_S, Checkout
from tests.support.github import REPOSITORY, TOKEN, GitHub, serving_github
from tests.support.optimized_checkout import make_optimized_checkout

pytestmark = pytest.mark.integration

STEPS = {
    step["name"]: step["run"]
    for step in yaml.safe_load((ROOT / ".github/actions/preview/action.yml").read_text())["runs"]["steps"]
    if "run" in step
}
# A stack that no file describes.
STACK = "no such; touch injected"
# What `shell: bash` means to the runner.
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


@dataclass(frozen=True)
class Runner:
    """A job of a workflow that a pull request started."""

    checkout: Checkout
    github: GitHub
    folder: Path

    def step(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one step of the Action."""
        (self.folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": "c0ffee"}}}))
        known = {
            "RUNNER_TEMP": str(self.folder), "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"), "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
        }  # fmt: skip
        return subprocess.run(
            [*BASH, STEPS[name]], cwd=self.checkout.root, env={**self.checkout.environment, **known, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        )  # fmt: skip

    def file(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Generator[Runner]:
    for name in ("checkout", "runner"):
        (tmp_path / name).mkdir()
    with serving_github() as github:
        yield Runner(make_optimized_checkout(tmp_path / "checkout"), github, tmp_path / "runner")


def test_a_refused_pull_request_is_commented_and_then_fails_the_check(runner: Runner) -> None:
    runner.checkout.spec(serving_context={"latency_sla_ms": 3})

    preview = runner.step("Preview", STACK="local", FOLDER="services/a", OFFLINE="false")
    comment = runner.step("Comment", GITHUB_TOKEN=TOKEN, SILENT_BELOW_USD="1000")
    outputs = dict(line.split("=") for line in runner.file("output").split())

    assert preview.returncode == 0, preview.stderr
    assert outputs["reviewed"] == "true"
    assert outputs["artifact"] == "preview-local-services-a"
    assert comment.returncode == 0, comment.stderr
    (written,) = runner.github.comments
    assert written["body"] == runner.file("summary") == runner.file("review.md")
    assert written["body"].startswith(marker("local", ""))
    assert "Commit c0ffee." in written["body"]
    assert outputs["exit-code"] == "3"
    assert runner.step("End as the preview did", CODE=outputs["exit-code"]).returncode == 3


def test_a_preview_without_a_review_replaces_an_older_one_in_the_comment_and_fails_the_check(runner: Runner) -> None:
    (runner.folder / "review.json").write_text("{}")
    runner.github.add(f"{marker(STACK, '')}\n\nan older review")

    preview = runner.step("Preview", STACK=STACK, FOLDER=".", OFFLINE="false")
    code = runner.file("output").removeprefix("exit-code=").strip()
    run = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "99"}
    comment = runner.step("Comment", GITHUB_TOKEN=TOKEN, SILENT_BELOW_USD="1000", CODE=code, STACK=STACK, **run)

    assert preview.returncode == 0, preview.stderr
    assert STACK in preview.stderr
    assert comment.returncode == 0, comment.stderr
    (written,) = runner.github.comments
    assert "an older review" not in written["body"]
    assert "(https://github.example/owner/name/actions/runs/99)" in written["body"]
    assert code == "2"
    assert runner.step("End as the preview did", CODE=code).returncode == 2
    assert not (runner.folder / "review.json").exists()
    assert not (runner.checkout.root / "injected").exists()
    assert not os.path.lexists(runner.folder / "summary")
