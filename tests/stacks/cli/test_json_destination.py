import pytest

from stacks.cli.json_destination import completed, json_on_stdout


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        ([], []),
        (["--json"], ["--json", "-"]),
        (["--json", "-"], ["--json", "-"]),
        (["--json", "out.json"], ["--json", "out.json"]),
        (["--json=out.json"], ["--json=out.json"]),
        (["--json", "--markdown", "out.md"], ["--json", "-", "--markdown", "out.md"]),
        (["--json", "-s", "dev"], ["--json", "-", "-s", "dev"]),
        (["--markdown", "out.md", "--json"], ["--markdown", "out.md", "--json", "-"]),
    ],
)
def test_a_value_that_is_left_out_means_stdout(arguments: list[str], whole: list[str]) -> None:
    assert completed(arguments) == whole


@pytest.mark.parametrize(
    ("command_line", "expected"),
    [
        ("preview", False),
        ("preview --json", True),
        ("preview --json -", True),
        ("preview --json=-", True),
        ("preview --json --stack dev", True),
        ("preview --json out.json", False),
        ("preview --json=out.json", False),
        ("plan --json", True),
        ("promote --json dev staging", True),
        ("plan", False),
        ("", False),
    ],
)
def test_stdout_holds_the_document_unless_a_file_does(command_line: str, expected: bool) -> None:
    assert json_on_stdout(command_line.split()) is expected
