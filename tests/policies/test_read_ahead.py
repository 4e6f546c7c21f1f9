"""What is read ahead is what a policy reads later, and a broken file is left for the policy to refuse."""

from pathlib import Path

import pytest

from components.endpoint_plan import EndpointPlan
from optimizers import lock
from optimizers.lock import LOCK_NAME, Lock
from policies.artifact_integrity import check
from policies.read_ahead import read_ahead


def _read_again(path: Path) -> Lock:
    pytest.fail(f"{path} is read again")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path / "policies")
    return tmp_path


def test_a_lock_that_was_read_ahead_is_not_read_again(
    project: Path, plan: EndpointPlan, locked: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock.write(project / LOCK_NAME, locked)
    read_ahead()
    monkeypatch.setattr(lock, "read", _read_again)

    assert check(plan) == []


@pytest.mark.parametrize("content", [None, "{", '{"version": 99}'])
def test_a_missing_or_broken_lock_is_what_the_policy_refuses(
    project: Path, plan: EndpointPlan, content: str | None
) -> None:
    if content is not None:
        (project / LOCK_NAME).write_text(content)

    read_ahead()

    assert check(plan)


def test_a_broken_price_table_is_left_to_the_policies(project: Path) -> None:
    (project / "prices.csv").write_text("no,price\n")

    read_ahead()
