"""An exported state is read without the key of its secrets, and a wrong file is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from optimizers.errors import InvalidArgs
from stacks.engine.exported_state import read_exported_state, refused_by_engine
from stacks.engine.marks import SECRET, SIGNATURE

PROJECT = "model-serving"
URN = "urn:pulumi:dev::model-serving::aws:index/first:First::first"
ENCRYPTED = {SIGNATURE: SECRET, "ciphertext": "djE6abc"}


def written(folder: Path, content: Any) -> Path:
    path = folder / "state.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def state(**inputs: Any) -> dict[str, Any]:
    resources = [{"urn": URN, "type": "aws:index/first:First", "inputs": inputs}]
    return {"version": 3, "deployment": {"resources": resources, "secrets_providers": {"type": "passphrase"}}}


def state_of(urn: str) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": [{"urn": urn, "type": "t"}]}}


def test_a_state_without_secrets_is_taken_as_it_is(tmp_path: Path) -> None:
    found = read_exported_state(written(tmp_path, state(size=1)), "dev", PROJECT)

    assert found.deployment["resources"][0]["inputs"] == {"size": 1}
    assert (found.version, found.hidden) == (3, 0)


def test_an_encrypted_secret_needs_no_key_and_is_counted(tmp_path: Path) -> None:
    found = read_exported_state(written(tmp_path, state(token=ENCRYPTED, more=[{"token": ENCRYPTED}])), "dev", PROJECT)

    assert found.hidden == 2
    assert "secrets_providers" not in found.deployment
    assert "ciphertext" not in json.dumps(found.deployment)


def test_a_secret_in_plain_text_is_not_copied_either(tmp_path: Path) -> None:
    found = read_exported_state(
        written(tmp_path, state(token={SIGNATURE: SECRET, "plaintext": '"hunter2"'})), "dev", PROJECT
    )

    assert found.hidden == 1
    assert found.deployment["resources"][0]["inputs"] == {"token": "[secret]"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no file of JSON"),
        ("[" * 100_000, "no file of JSON; values nested too deeply to read"),
        (
            '{"version": 3, "deployment": {"resources": [], "x": ' + "[" * 5_000 + "]" * 5_000 + "}}",
            "nested too deeply",
        ),
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
        (
            state_of("urn:pulumi:prod::shop::t:i:T::a"),
            "a state of project `shop`; the project is `model-serving`; write it",
        ),
        (
            state_of("urn:pulumi:dev::shop::t:i:T::a"),
            "a state of project `shop`; the project is `model-serving`; write it",
        ),
        (
            state_of("urn:pulumi:prod"),
            "a resource with the URN `urn:pulumi:prod`; a URN is `urn:pulumi:STACK::PROJECT::",
        ),
        (state_of("garbage"), "a resource with the URN `garbage`; a URN is `urn:pulumi:STACK::PROJECT::TYPE::NAME`"),
        (state_of(""), "a resource with the URN ``; a URN is `urn:pulumi:STACK::PROJECT::TYPE::NAME`"),
        (state_of("urn:pulumi:prod::model-serving::t:i:T"), "a URN is `urn:pulumi:STACK::PROJECT::TYPE::NAME`"),
    ],
)
def test_what_is_no_state_of_the_stack_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InvalidArgs, match=r"--state") as raised:
        read_exported_state(written(tmp_path, content), "prod", PROJECT)

    assert message in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgs, match="pulumi stack export"):
        read_exported_state(tmp_path / "state.json", "dev", PROJECT)


@pytest.mark.parametrize("name", ["a", "a::b", "a\nb", "urn:pulumi:x"])
def test_any_name_is_one(tmp_path: Path, name: str) -> None:
    urn = f"urn:pulumi:dev::{PROJECT}::a:b:Parent$c:d:Child::{name}"

    assert read_exported_state(written(tmp_path, state_of(urn)), "dev", PROJECT).version == 3


def test_what_the_engine_does_not_take_is_told_without_its_own_remedy() -> None:
    said = (
        "2 errors occurred:\n    1) state file contains errors: resource u refers to unknown provider p\n"
        "    2) importing this file could be dangerous; rerun with --force to proceed anyway"
    )

    assert str(refused_by_engine(Path("s.json"), said)) == (
        "1 problem in the command line\n  - --state: got `s.json`: a damaged state; the engine does not take it: "
        "resource u refers to unknown provider p; write it anew with `pulumi stack export --file state.json`"
    )
    assert refused_by_engine(Path("s.json"), "the engine was ended by signal 9; run the same command again") is None
