import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from optimizers.errors import InvalidArgs
from stacks.cli.app import app
from stacks.stack_schema import stack_schema
from tests.support.checkout import ROOT

COMMITTED = ROOT / "docs/stack.schema.json"
POLICIES_COMMITTED = ROOT / "docs/policies.schema.json"


def schema(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["schema", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_committed_schema_is_this_version_s() -> None:
    assert schema("--check", str(COMMITTED)) == ""


def test_the_committed_schema_of_the_policies_is_that_of_the_pack() -> None:
    assert schema("--policies", "--check", str(POLICIES_COMMITTED)) == ""
    assert schema("--policies") == POLICIES_COMMITTED.read_text()


def test_another_schema_of_the_policies_says_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "policies.json"
    path.write_text("{}\n")

    with pytest.raises(InvalidArgs) as caught:
        schema("--policies", "--check", str(path))

    assert caught.value.issues[0].fix == f"run `serving schema --policies --out {path}`"
    schema("--policies", "--out", str(path))
    schema("--policies", "--check", str(path))


def test_what_is_printed_is_what_is_committed() -> None:
    assert schema() == COMMITTED.read_text()


def test_what_is_written_passes_the_check(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"

    assert schema("--out", str(path)) == ""
    assert path.read_text() == COMMITTED.read_text()
    schema("--check", str(path))


@pytest.mark.parametrize(("content", "got"), [("{}\n", "another schema"), (None, "no file")])
def test_another_file_fails_the_check_and_says_how_to_mend_it(tmp_path: Path, content: str | None, got: str) -> None:
    path = tmp_path / "schema.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(InvalidArgs) as caught:
        schema("--check", str(path))

    (issue,) = caught.value.issues
    assert (issue.path, issue.got, issue.fix) == (str(path), got, f"run `serving schema --out {path}`")


def test_the_stack_file_of_the_project_validates_and_names_its_schema() -> None:
    path = ROOT / "stacks/Pulumi.local.yaml"
    text = path.read_text()

    jsonschema.validate(yaml.safe_load(text), stack_schema())

    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == COMMITTED


def test_every_field_of_the_schema_is_described() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, part in json.loads(schema())["$defs"].items()
        for field, content in part.get("properties", {}).items()
        if not (content.get("description") or "$ref" in content)
    ]

    assert not undescribed
