import os
import subprocess
from pathlib import Path

import pytest

from stacks.engine.launchers import MODULES, write_launchers


def interpreter(environment: Path) -> Path:
    """Make a virtual environment whose `python` prints its own path and its arguments."""
    python = environment / "bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$0" "$@"\n')
    python.chmod(0o755)
    return python


def launch(launcher: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [str(launcher), "127.0.0.1:1", "two words"], cwd=folder, env={"PATH": os.environ["PATH"], **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "module"), MODULES.items())
def test_a_launcher_runs_its_module_with_the_interpreter_of_the_project_above(
    tmp_path: Path, name: str, module: str
) -> None:
    write_launchers(tmp_path)
    python = interpreter(tmp_path / "a project/.venv")

    for folder in ("a project", "a project/stacks", "a project/deep er/down"):
        result = launch(tmp_path / name, tmp_path / folder)
        assert result.stdout == f"{python} -u -m {module} 127.0.0.1:1 two words\n", result.stderr


def test_an_active_environment_comes_before_the_folder(tmp_path: Path) -> None:
    write_launchers(tmp_path)
    interpreter(tmp_path / "project/.venv")
    active = interpreter(tmp_path / "active one")

    result = launch(tmp_path / "pulumi-language-python", tmp_path / "project", VIRTUAL_ENV=str(tmp_path / "active one"))

    assert result.stdout.startswith(f"{active} ")


def test_the_nearest_environment_wins(tmp_path: Path) -> None:
    write_launchers(tmp_path)
    interpreter(tmp_path / "outer/.venv")
    nearest = interpreter(tmp_path / "outer/inner/.venv")

    assert launch(tmp_path / "pulumi-language-python", tmp_path / "outer/inner").stdout.startswith(f"{nearest} ")


def test_without_an_environment_a_launcher_says_what_to_run(tmp_path: Path) -> None:
    write_launchers(tmp_path)

    result = launch(tmp_path / "pulumi-language-python", tmp_path / "project")

    assert result.returncode == 1
    assert result.stderr == f"no .venv in {tmp_path}/project or above it; run `make setup` in the project\n"


def test_launchers_that_are_right_are_left_alone_and_others_are_repaired(tmp_path: Path) -> None:
    write_launchers(tmp_path)
    paths = [tmp_path / name for name in MODULES]
    for path in paths:
        os.utime(path, (1, 1))

    write_launchers(tmp_path)
    assert [path.stat().st_mtime for path in paths] == [1, 1]

    good = paths[0].read_bytes()
    paths[0].write_text("broken")
    paths[1].chmod(0o644)
    write_launchers(tmp_path)
    assert paths[0].read_bytes() == good
    assert all(os.access(path, os.X_OK) for path in paths)
