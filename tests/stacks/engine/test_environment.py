import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.engine.environment import engine_environment, export_lines, own_backend
from stacks.engine.locate import Engine, Origin
from stacks.project import Project

PROJECT = Project(Path("/srv/a project"))
OWN = "file:///srv/a%20project/.model-serving/state?metadata=skip"


def engine(origin: Origin = Origin.BUILT) -> Engine:
    return Engine(Path("/engine/bin/pulumi"), "3.259.0", origin, "using it")


def added(inherited: dict[str, str], tmp_path: Path, origin: Origin = Origin.BUILT) -> dict[str, str]:
    return engine_environment(PROJECT, engine(origin), {"PULUMI_HOME": str(tmp_path), **inherited})


def login(home: Path, content: str) -> None:
    (home / "credentials.json").write_text(content)


def test_the_state_lies_in_the_project_where_the_user_has_no_login(tmp_path: Path) -> None:
    variables = added({}, tmp_path)

    assert variables["PULUMI_BACKEND_URL"] == OWN == own_backend(PROJECT)
    assert variables["PULUMI_CONFIG_PASSPHRASE"] == ""


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"current": ""}', '{"current": null}', '{"current": 3}', "\0"]
)
def test_credentials_without_a_login_are_no_login(tmp_path: Path, content: str) -> None:
    login(tmp_path, content)

    assert added({}, tmp_path)["PULUMI_BACKEND_URL"] == OWN


@pytest.mark.parametrize("backend", ["https://api.pulumi.com", "s3://states", "gs://states", "azblob://states"])
def test_a_login_elsewhere_is_respected_and_gets_no_passphrase(tmp_path: Path, backend: str) -> None:
    login(tmp_path, json.dumps({"current": backend}))

    variables = added({}, tmp_path)

    assert "PULUMI_BACKEND_URL" not in variables
    assert "PULUMI_CONFIG_PASSPHRASE" not in variables


def test_the_login_of_the_home_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".pulumi").mkdir()
    login(tmp_path / ".pulumi", '{"current": "https://api.pulumi.com"}')

    assert "PULUMI_BACKEND_URL" not in engine_environment(PROJECT, engine(), {})


@pytest.mark.parametrize("through", ["login", "variable"])
def test_a_file_backend_of_the_user_is_respected_and_gets_a_passphrase(tmp_path: Path, through: str) -> None:
    backend = "file:///elsewhere"
    if through == "login":
        login(tmp_path, json.dumps({"current": backend}))

    variables = added({"PULUMI_BACKEND_URL": backend} if through == "variable" else {}, tmp_path)

    assert "PULUMI_BACKEND_URL" not in variables
    assert variables["PULUMI_CONFIG_PASSPHRASE"] == ""


def test_a_backend_variable_wins_over_a_login(tmp_path: Path) -> None:
    login(tmp_path, '{"current": "file:///elsewhere"}')

    variables = added({"PULUMI_BACKEND_URL": "s3://states"}, tmp_path)

    assert "PULUMI_BACKEND_URL" not in variables
    assert "PULUMI_CONFIG_PASSPHRASE" not in variables


@pytest.mark.parametrize("name", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
@pytest.mark.parametrize("value", ["correct horse", ""])
def test_a_passphrase_of_the_user_is_never_replaced(tmp_path: Path, name: str, value: str) -> None:
    assert "PULUMI_CONFIG_PASSPHRASE" not in added({name: value}, tmp_path)


def test_the_engine_and_then_the_project_s_python_are_first_on_path(tmp_path: Path) -> None:
    variables = added({"PATH": "/usr/bin:/bin"}, tmp_path)

    assert variables["PATH"].split(os.pathsep) == ["/engine/bin", f"{sys.prefix}/bin", "/usr/bin", "/bin"]
    assert variables["VIRTUAL_ENV"] == sys.prefix


def test_an_empty_path_does_not_put_the_current_folder_on_path(tmp_path: Path) -> None:
    assert "" not in added({}, tmp_path)["PATH"].split(os.pathsep)


@pytest.mark.parametrize(
    ("origin", "forbidden"), [(Origin.PATH, False), (Origin.INSTALLER, True), (Origin.BUILT, True)]
)
def test_only_an_engine_that_the_user_installed_may_download_plugins(
    tmp_path: Path, origin: Origin, *, forbidden: bool
) -> None:
    assert ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" in added({}, tmp_path, origin)) is forbidden


def test_export_lines_survive_a_shell() -> None:
    variables = {
        "PLAIN": "value",
        "EMPTY": "",
        "SPACES": " a  b ",
        "QUOTES": """it's "quoted" and `ticked`""",
        "DOLLAR": "$HOME $(rm -rf /nowhere) \\n",
        "LINES": "one\ntwo",
        "STARS": "* ? [a]",
        "WORDS": "größer ≥ 1",
    }
    program = "import json, os; print(json.dumps(dict(os.environ)))"

    result = subprocess.run(
        ["bash", "-c", f'eval "$1"; exec "{sys.executable}" -c \'{program}\'', "bash", export_lines(variables)],
        capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"},
    )  # fmt: skip

    found = json.loads(result.stdout)
    assert {name: found.get(name) for name in variables} == variables
