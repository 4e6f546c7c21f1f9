"""Plain `pulumi` with the engine's own display, over the project's language host where the engine was built."""

import pytest

from tests.stacks.engine.toy_project import Toy

pytestmark = pytest.mark.integration


def preview(toy: Toy, program: str) -> tuple[int, str]:
    """Preview a program; return the exit code and everything that was printed."""
    toy.program(program)
    toy.run()
    result = toy.pulumi("preview", "--stack", "local", "--color", "never")
    return result.returncode, result.stdout + result.stderr


def diagnostics(printed: str) -> list[str]:
    """The lines under `Diagnostics:`."""
    after = printed.partition("Diagnostics:\n")[2].partition("\nResources:")[0]
    return [line.strip() for line in after.splitlines() if line.strip()]


def test_a_program_reads_its_configuration_and_prints(toy: Toy) -> None:
    code, printed = preview(
        toy,
        "import pulumi\n"
        "print('printed by', pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())\n"
        "pulumi.log.info('logged ' + pulumi.Config().require('value'))\n",
    )

    assert code == 0, printed
    assert "printed by toy local True" in printed
    assert "logged 1" in printed


def test_a_program_imports_what_lies_beside_it(toy: Toy) -> None:
    (toy.root / "beside.py").write_text("WORD = 'found beside it'\n")

    code, printed = preview(toy, "from beside import WORD\nprint(WORD)\n")

    assert code == 0, printed
    assert "found beside it" in printed


def test_a_run_error_shows_its_message_once_and_nothing_else(toy: Toy) -> None:
    code, printed = preview(toy, "import pulumi\nraise pulumi.RunError('a sentence for a user')\n")

    assert code != 0
    assert diagnostics(printed) == ["pulumi:pulumi:Stack (toy-local):", "error: a sentence for a user"]


def test_an_exception_shows_the_lines_of_the_program_and_none_of_the_host(toy: Toy) -> None:
    code, printed = preview(toy, "def fail():\n    raise KeyError('boo')\n\n\nfail()\n")

    assert code != 0
    assert diagnostics(printed) == [
        "pulumi:pulumi:Stack (toy-local):",
        "error: Program failed with an unhandled exception:",
        f'File "{toy.root}/__main__.py", line 5, in <module>',
        "fail()",
        f'File "{toy.root}/__main__.py", line 2, in fail',
        "raise KeyError('boo')",
        "KeyError: 'boo'",
    ]


def test_a_syntax_error_shows_its_place(toy: Toy) -> None:
    code, printed = preview(toy, "x = (\n")

    assert code != 0
    assert diagnostics(printed)[1:] == [
        "error: Program failed with an unhandled exception:",
        f'File "{toy.root}/__main__.py", line 1',
        "x = (",
        "^",
        "SyntaxError: '(' was never closed",
    ]


@pytest.mark.parametrize("ending", ["raise SystemExit(0)", "import sys; sys.exit()"])
def test_a_program_that_exits_well_is_done(toy: Toy, ending: str) -> None:
    code, printed = preview(toy, f"print('reached')\n{ending}\n")

    assert code == 0, printed


def test_a_program_that_exits_with_a_code_fails(toy: Toy) -> None:
    code, printed = preview(toy, "import sys\nsys.exit(3)\n")

    assert code != 0
    assert diagnostics(printed)[1:] == ["error: the program ended itself with 3"]


def test_a_policy_pack_judges_and_refuses(toy: Toy) -> None:
    toy.config(value=101)
    toy.run()

    refused = toy.pulumi("preview", "--policy-pack", "policies", "--color", "never")
    toy.config(value=100)
    accepted = toy.pulumi("preview", "--policy-pack", "policies", "--color", "never")

    assert refused.returncode != 0
    assert "number: value 101 is over 100" in refused.stdout
    assert "[mandatory]" in refused.stdout
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert "value-budget" not in accepted.stdout


def test_a_policy_pack_that_cannot_start_says_why(toy: Toy) -> None:
    (toy.root / "policies/__main__.py").write_text("raise RuntimeError('the pack is broken')\n")
    toy.run()

    result = toy.pulumi("preview", "--policy-pack", "policies", "--color", "never")

    assert result.returncode != 0
    assert "the pack is broken" in result.stdout + result.stderr


def test_about_knows_the_language(toy: Toy) -> None:
    toy.run()

    result = toy.pulumi("about")

    assert result.returncode == 0, result.stderr
    assert "python" in result.stdout


def test_up_refresh_and_destroy_work_without_our_command(toy: Toy) -> None:
    toy.run()

    for command in ("up", "refresh", "destroy"):
        result = toy.pulumi(command, "--yes", "--color", "never")
        assert result.returncode == 0, result.stdout + result.stderr
        assert toy.number == ("nothing" if command == "destroy" else "1")
