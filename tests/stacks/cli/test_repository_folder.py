"""Where in a repository a project lies."""

from pathlib import Path

import pytest

from stacks.cli.repository_folder import repository_folder


@pytest.mark.parametrize("as_file", [True, False], ids=["worktree", "clone"])
def test_a_project_is_named_by_its_folder_from_the_repository_s_root(tmp_path: Path, as_file: bool) -> None:
    project = tmp_path / "services/a"
    project.mkdir(parents=True)
    if as_file:
        (tmp_path / ".git").write_text("gitdir: /elsewhere\n")
    else:
        (tmp_path / ".git").mkdir()

    assert repository_folder(project) == "services/a"
    assert repository_folder(tmp_path) == ""


def test_the_nearest_repository_counts(tmp_path: Path) -> None:
    inner = tmp_path / "inner/project"
    inner.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "inner"):
        (folder / ".git").mkdir()

    assert repository_folder(inner) == "project"


def test_without_git_there_is_no_folder(tmp_path: Path) -> None:
    assert repository_folder(tmp_path) == ""
