"""The exit codes are written in four places, the commands in two; they agree."""

import inspect
import re
from pathlib import Path

import pytest

from optimizers import errors
from optimizers.errors import ServingError
from stacks.cli import app
from stacks.cli import exit as ending

README = Path(__file__).parents[2] / "README.md"
CLASSES: list[type[ServingError]] = [
    item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, ServingError)
]
# A code to a word that each description of it has; 0 and 130 belong to no error.
MEANING = {
    1: "unexpected", 2: "invalid spec", 3: "polic", 4: "no plan", 5: "artifact", 6: "extra", 7: "not", 8: "busy",
}  # fmt: skip


def described(text: str) -> dict[int, str]:
    """Find `2 invalid spec`, separated by commas or dots in the middle of the line."""
    _, _, listed = text.partition("Exit codes: ")
    items = re.split(r"[,·.]\s*", " ".join(listed.partition("\n\n")[0].split()))
    found = (re.fullmatch(r"(\d+) (.+)", item.strip()) for item in items)
    return {int(match[1]): match[2] for match in found if match}


def test_each_code_of_the_errors_has_one_meaning() -> None:
    assert {item.exit_code for item in CLASSES} == set(MEANING)


@pytest.mark.parametrize("item", CLASSES, ids=lambda item: item.__name__)
def test_the_tree_of_errors_shows_each_class_with_its_code(item: type[ServingError]) -> None:
    (line,) = (line for line in (errors.__doc__ or "").splitlines() if re.search(rf"\b{item.__name__}\b(?! as)", line))
    code = re.search(r" (?:exit code )?(\d+)(?:\s|$)", line)
    inherited = any(base in CLASSES and base.exit_code == item.exit_code for base in item.__bases__)

    assert (code is None and inherited) or (code is not None and int(code[1]) == item.exit_code)


@pytest.mark.parametrize("text", [app.__doc__, app.app.info.epilog], ids=["docstring", "help"])
def test_the_command_line_documents_the_codes_of_the_errors(text: str) -> None:
    found = described(text)

    assert set(found) == {0, *MEANING, ending.INTERRUPTED}
    for code, word in MEANING.items():
        assert word in found[code].lower() or (code == 8 and "holds" in found[code])
    assert found[0] == "done"
    assert found[ending.INTERRUPTED].startswith("interrupted")


def test_the_readme_documents_the_codes_of_the_errors() -> None:
    table = README.read_text().partition("| exit code | means |")[2].partition("\n\n")[0]
    found = {int(code): means for code, means in re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE)}

    assert set(found) == {0, *MEANING, ending.INTERRUPTED}
    for code, word in MEANING.items():
        assert word in found[code].lower() or (code == 8 and "holds" in found[code])


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `serving (\w[\w -]*)` \| .+ \|$", README.read_text(), re.MULTILINE)
    groups = [("", app.app), *((f"{group.name} ", group.typer_instance) for group in app.app.registered_groups)]

    assert listed == [
        f"{group}{command.callback.__name__.replace('_', '-')}"
        for group, commands in groups
        if commands
        for command in commands.registered_commands
        if command.callback
    ]
