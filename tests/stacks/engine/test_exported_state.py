"""An exported state is read without the key of its secrets, and a wrong file is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from optimizers.errors import InvalidArgs
from stacks.engine.exported_state import read_exported_state
from stacks.engine.marks import SECRET, SIGNATURE

URN = "urn:pulumi:dev::model-serving::aws:index/first:First::first"
ENCRYPTED = {SIGNATURE: SECRET, "ciphertext": "djE6abc"}


def written(folder: Path, content: Any) -> Path:
    path = folder / "state.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def state(**inputs: Any) -> dict[str, Any]:
    resources = [{"urn": URN, "type": "aws:index/first:First", "inputs": inputs}]
    return {"version": 3, "deployment": {"resources": resources, "secrets_providers": {"type": "passphrase"}}}


def test_a_state_without_secrets_is_taken_as_it_is(tmp_path: Path) -> None:
    found = read_exported_state(written(tmp_path, state(size=1)), "dev")

    assert found.deployment["resources"][0]["inputs"] == {"size": 1}
    assert (found.version, found.hidden) == (3, 0)


def test_an_encrypted_secret_needs_no_key_and_is_counted(tmp_path: Path) -> None:
    found = read_exported_state(written(tmp_path, state(token=ENCRYPTED, more=[{"token": ENCRYPTED}])), "dev")

    assert found.hidden == 2
    assert "secrets_providers" not in found.deployment
    assert "ciphertext" not in json.dumps(found.deployment)


def test_a_secret_in_plain_text_is_not_copied_either(tmp_path: Path) -> None:
    found = read_exported_state(written(tmp_path, state(token={SIGNATURE: SECRET, "plaintext": '"hunter2"'})), "dev")

    assert found.hidden == 1
    assert found.deployment["resources"][0]["inputs"] == {"token": "[secret]"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no file of JSON"),
        ([], "something else; a state has `version` and `deployment`"),
        ({"version": 3}, "something else; a state has `version` and `deployment`"),
        ({**state(), "version": True}, "a state has `version` and `deployment`"),
        ({**state(), "version": "3"}, "a state has `version` and `deployment`"),
        ({**state(), "version": 99}, "a state of version 99; this product's engine reads version "),
        ({"version": 3, "deployment": {"resources": "abc"}}, "something else; its `resources` are a list of objects"),
        ({"version": 3, "deployment": {"resources": {"urn": URN}}}, "its `resources` are a list of objects"),
        ({"version": 3, "deployment": {"resources": ["abc"]}}, "its `resources` are a list of objects"),
        ({"version": 3, "deployment": {"resources": [{"urn": 1, "type": "t"}]}}, "its `resources` are a list of"),
        (state(), "a state of stack `dev`; the stack is `prod`; use `--stack dev`"),
    ],
)
def test_what_is_no_state_of_the_stack_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InvalidArgs, match=r"--state") as raised:
        read_exported_state(written(tmp_path, content), "prod")

    assert message in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgs, match="pulumi stack export"):
        read_exported_state(tmp_path / "state.json", "dev")
