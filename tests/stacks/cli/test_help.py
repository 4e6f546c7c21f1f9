import subprocess
import sys

import pytest
from typer.testing import CliRunner

from stacks.cli.app import app
from tests.support.checkout import SERVING

STACK = ("--stack", "-s")
OPTIONS = {
    "validate": (*STACK, "--json"),
    "schema": ("--policies", "--review", "--check", "--out"),
    "optimize": (*STACK, "--json", "--force", "--budget-seconds"),
    "build-job": (*STACK, "--json", "--out", "--namespace", "--claim", "--image", "--node-selector", "--group"),
    "report": (*STACK, "--json", "--out", "--open"),
    "package": (*STACK, "--json", "--platform", "--out", "--sign-key", "--sigstore"),
    "verify": ("--json", "--public-key", "--identity", "--issuer"),
    "plan": (*STACK, "--json", "--quick"),
    "preview": (*STACK, "--json", "--markdown", "--offline", "--state"),
    "comment": ("--silent-below-usd", "--pull-request", "--failed", "--stack"),
    "promote": ("--json", "--yes"),
    "up": (*STACK, "--json"),
    "refresh": (*STACK, "--json"),
    "outputs": (*STACK, "--json"),
    "bench": (*STACK, "--json", "--rates", "--seconds", "--seed", "--out"),
    "logs": (*STACK, "--lines", "-n", "--follow", "-f"),
    "down": (*STACK, "--json"),
    "engine": ("--export",),
    "prices show": ("--service", "--region", "--type", "--json"),
    "prices check": ("--json",),
    "prices refresh": ("--from", "--yes", "-y", "--json"),
}


def words(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "120"}, prog_name="serving")
    assert result.exit_code == 0, result.output
    return result.output.split()


def test_the_table_here_has_every_command() -> None:
    groups = [("", app), *((f"{group.name} ", group.typer_instance) for group in app.registered_groups)]

    assert {
        f"{group}{command.callback.__name__.replace('_', '-')}"
        for group, commands in groups
        if commands
        for command in commands.registered_commands
        if command.callback
    } == set(OPTIONS)


@pytest.mark.parametrize("command", OPTIONS)
def test_the_overview_lists_each_command(command: str) -> None:
    *group, name = command.split()

    assert name in words(*group, "--help")


@pytest.mark.parametrize(("command", "options"), OPTIONS.items())
def test_a_command_lists_its_options_and_no_other(command: str, options: tuple[str, ...]) -> None:
    listed = {word for word in words(*command.split(), "--help") if word.startswith("-") and word.strip("-─")}

    assert listed == {*options, "--help", "-h"}


@pytest.mark.parametrize("command", OPTIONS)
def test_the_short_option_for_help_says_the_same(command: str) -> None:
    assert words(*command.split(), "-h") == words(*command.split(), "--help")


def test_the_overview_names_the_exit_codes_and_the_first_command() -> None:
    text = " ".join(words("--help"))

    assert "Start with: serving up" in text
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 130):
        assert f" {code} " in text


def test_no_arguments_show_the_overview() -> None:
    alone = subprocess.run([str(SERVING)], capture_output=True, text=True, check=False)

    assert alone.returncode == 2
    assert "Usage: serving" in alone.stdout + alone.stderr


def test_the_command_is_the_module_s_main() -> None:
    program = "import sys; sys.argv = ['serving', '--help']; from stacks.cli.app import main; main()"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.returncode == 0
    assert "Usage: serving" in result.stdout
