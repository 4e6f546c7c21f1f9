"""What is made of the engine's events, which come from several of its threads in any order."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.automation.events import EngineEvent
from pulumi.runtime import rpc

from stacks.cli.changes import changes_line
from stacks.engine.marks import UNKNOWN
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
    result = result_of(
        event(ENDPOINT, "a", "create"), event(SERVER, "a", "update"), event("t:i:T", "a"), event("t:i:T", "b", "delete")
    )

    assert result.changes == {"update": 1, "create": 1, "same": 1, "delete": 1}
    assert result.changed == {f"{SERVER}::a": "update", f"{ENDPOINT}::a": "create", "b": "delete"}
    for said in (f"create[/] {ENDPOINT}::a", f"update[/] {SERVER}::a", "delete[/] b"):
        assert said in changes_line(result)


def test_two_parents_may_have_children_of_one_name_and_type() -> None:
    result = result_of(event("p:i:One$c:i:C", "a", "create"), event("p:i:Two$c:i:C", "a", "create"))

    assert set(result.changed) == {"p:i:One$c:i:C::a", "p:i:Two$c:i:C::a"}


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


def test_a_resource_has_its_inputs_before_and_after() -> None:
    old, new = state(inputs={"count": 1}, parent="p"), state(inputs={"count": 2}, parent="p")

    (change,) = result_of(event(SERVER, "a", "update", old=old, new=new)).ordered()

    assert (change.name, change.type, change.parent, change.operation) == (
        "a",
        SERVER.rpartition("$")[2],
        "p",
        "update",
    )
    assert (change.before, change.after) == ({"count": 1}, {"count": 2})


def test_what_is_created_was_not_there_and_what_is_deleted_will_be_gone() -> None:
    created, deleted = result_of(
        event(SERVER, "a", "create", old=None, new=state(inputs={"count": 1})),
        event(SERVER, "b", "delete", old=state(inputs={"count": 2}), new=None),
    ).ordered()

    assert (created.before, created.after) == (None, {"count": 1})
    assert (created.outputs_before, deleted.outputs_after) == ({}, {})
    assert (deleted.before, deleted.after) == ({"count": 2}, None)


OLD, NEW = (state(inputs={"zone": zone}, outputs={"id": zone}) for zone in "ab")
STEPS_OF_ONE_REPLACEMENT = (
    event(SERVER, "a", "create-replacement", old=OLD, new=NEW),
    event(SERVER, "a", "replace", old=OLD, new=NEW),
    event(SERVER, "a", "delete-replaced", old={**OLD, "delete": True}, new=None),
)


@given(st.permutations(STEPS_OF_ONE_REPLACEMENT))
def test_a_replacement_has_both_sides_whatever_the_order_of_its_steps(events: list[EngineEvent]) -> None:
    (change,) = result_of(*events).ordered()

    assert (change.operation, change.before, change.after) == ("replace", {"zone": "a"}, {"zone": "b"})
    assert (change.outputs_before, change.outputs_after) == ({"id": "a"}, {"id": "b"})


READ = state(inputs={}, outputs={"zone": "theirs"})


@pytest.mark.parametrize(
    ("steps", "operation", "read"),
    [
        ([("read", None, READ)], "read", (True, True)),
        ([("read", READ, READ)], "read", (True, True)),
        ([("discard", READ, None)], "discard", (True, False)),
        (
            [
                ("create-replacement", READ, NEW),
                ("replace", READ, NEW),
                ("discard-replaced", {**READ, "delete": True}, None),
            ],
            "replace",
            (True, False),
        ),
        (
            [
                ("read-replacement", OLD, READ),
                ("replace", OLD, READ),
                ("delete-replaced", {**OLD, "delete": True}, None),
            ],
            "replace",
            (False, True),
        ),
        ([("same", OLD, OLD)], "same", (False, False)),
    ],
)
def test_what_the_program_only_reads_is_told_from_what_is_its_own(
    steps: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]], operation: str, read: tuple[bool, bool]
) -> None:
    for ordered in itertools.permutations(steps):
        (change,) = result_of(*(event(SERVER, "a", step, old=old, new=new) for step, old, new in ordered)).ordered()

        assert (change.operation, (change.read_before, change.read_after)) == (operation, read)


def test_what_an_interrupted_replacement_left_is_not_what_runs() -> None:
    left = state(inputs={"zone": "old"}, outputs={"id": "old"}, delete=True)
    steps = (event(SERVER, "a", old=OLD, new=OLD), event(SERVER, "a", "delete", old=left, new=None))

    for ordered in (steps, steps[::-1]):
        (change,) = result_of(*ordered).ordered()
        assert (change.before, change.after) == ({"zone": "a"}, {"zone": "a"})
        assert (change.outputs_before, change.outputs_after) == ({"id": "a"}, {"id": "a"})


def test_the_mark_of_an_unknown_value_is_the_engines() -> None:
    assert UNKNOWN == rpc.UNKNOWN
