"""What is made of the engine's events, which come from several of its threads in any order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.automation.events import EngineEvent

from stacks.engine.run_result import RunResult

STACK = "pulumi:pulumi:Stack"
ENDPOINT = "model-serving:index:EmbeddedEndpoint"
SERVER = f"{ENDPOINT}$pulumi-python:dynamic/model-serving:EmbeddedServer"
# As engine 3.259 sends a secret output: the value is left out.
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


def state(**changes: Any) -> dict[str, Any]:
    return {"type": "t", "urn": "u", "id": "", "parent": "", "provider": "", "inputs": {}, "outputs": {}, **changes}


def event(kind: str, name: str, operation: str = "same", **states: dict[str, Any] | None) -> EngineEvent:
    """The event that ends one step; `old` and `new` are the resource's state before and after it."""
    metadata = {
        "op": operation,
        "urn": f"urn:pulumi:local::model-serving::{kind}::{name}",
        "type": kind.rpartition("$")[2],
        "provider": "",
        "old": state(),
        "new": state(),
        **states,
    }
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, "resOutputsEvent": {"metadata": metadata}})


def result_of(*events: EngineEvent) -> RunResult:
    result = RunResult()
    for item in events:
        result.take(item)
    return result


EVENTS = (
    event(STACK, "model-serving-local", "create"),
    event(ENDPOINT, "b", "create"),
    event(SERVER, "b-server", "create"),
    event(ENDPOINT, "a", "update"),
    event(SERVER, "a-server", "replace"),
    event(SERVER, "a-warmup", "same"),
)


@given(st.permutations(EVENTS))
def test_changes_are_listed_children_first_then_by_name_whatever_the_order_of_events(events: list[EngineEvent]) -> None:
    result = result_of(*events)

    assert list(result.changed.items()) == [
        ("a-server", "replace"), ("b-server", "create"), ("a", "update"), ("b", "create"),
    ]  # fmt: skip
    assert list(result.changes.items()) == [("replace", 1), ("same", 1), ("create", 2), ("update", 1)]


def test_two_resources_of_one_name_and_different_types_both_count() -> None:
    assert result_of(event(ENDPOINT, "a", "create"), event(SERVER, "a", "create")).changes == {"create": 2}


def test_a_run_that_finds_everything_as_recorded_alters_nothing() -> None:
    recorded = state(outputs={"url": "x"})

    assert not result_of(event(STACK, "s", old=recorded, new=recorded), event(ENDPOINT, "a")).alters


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (state(outputs={"url": "x"}), state(outputs={"url": "y"})),
        (state(outputs={"url": "x"}), state(outputs={"url": "x", "owner": "me"})),
        (state(outputs={"url": "x", "owner": "me"}), state(outputs={"url": "x"})),
        (state(inputs={"plan": 1}), state(inputs={"plan": 2})),
        (state(), state(protect=True)),
        (None, state()),
        # A secret is not shown, so it may be another one.
        (state(outputs={"token": SECRET}), state(outputs={"token": SECRET})),
        (state(outputs={"nested": [{"token": SECRET}]}), state(outputs={"nested": [{"token": SECRET}]})),
    ],
)
@pytest.mark.parametrize("kind", [STACK, ENDPOINT])
def test_a_resource_that_stays_the_same_may_still_be_recorded_differently(
    kind: str, old: dict[str, Any] | None, new: dict[str, Any]
) -> None:
    result = result_of(event(kind, "a", "same", old=old, new=new))

    assert result.changed == {}
    assert result.alters


def test_a_secret_that_a_provider_compared_is_the_same_one() -> None:
    recorded = state(custom=True, outputs={"token": SECRET})

    assert not result_of(event(SERVER, "a", old=recorded, new=recorded)).alters


def test_a_change_alters() -> None:
    assert result_of(event(ENDPOINT, "a", "delete", new=None)).alters
