"""Where two sets of inputs differ: equal ones nowhere, others exactly at what was changed."""

import copy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from stacks.engine.marks import ASSET, SIGNATURE, UNKNOWN
from stacks.engine.providers.differences import Change, Path, differences, path_text

KEYS = st.text('abcdef.["', min_size=1, max_size=4)
SCALARS = st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
INPUTS = st.dictionaries(KEYS, VALUES, max_size=4)


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Every path of a value, containers included, the top excepted."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in entries for found in ((*path, key), *paths(item, (*path, key)))]


def at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


@given(INPUTS)
def test_equal_inputs_do_not_differ(inputs: dict[str, Any]) -> None:
    assert differences(inputs, copy.deepcopy(inputs)) == ()


@given(INPUTS, st.data())
def test_changed_values_are_listed_and_nothing_else(inputs: dict[str, Any], data: st.DataObject) -> None:
    leaves = [path for path in paths(inputs) if not isinstance(at(inputs, path), dict | list)]
    changed = data.draw(st.sets(st.sampled_from(leaves))) if leaves else set()
    new = copy.deepcopy(inputs)
    for path in changed:
        at(new, path[:-1])[path[-1]] = "something else"

    assert {item.path for item in differences(inputs, new)} == changed
    assert all(item.change is Change.UPDATED for item in differences(inputs, new))


@given(INPUTS, st.data())
def test_a_removed_property_is_one_deletion_and_back_one_addition(inputs: dict[str, Any], data: st.DataObject) -> None:
    candidates = [path for path in paths(inputs) if isinstance(path[-1], str)]
    assume(candidates)
    path = data.draw(st.sampled_from(candidates))
    less = copy.deepcopy(inputs)
    removed = at(less, path[:-1]).pop(path[-1])

    assert differences(inputs, less) == ((path, Change.DELETED, removed),)
    assert differences(less, inputs) == ((path, Change.ADDED, removed),)


@given(INPUTS)
def test_what_is_unknown_differs_even_from_itself(inputs: dict[str, Any]) -> None:
    old, new = {**inputs, "key": "value"}, {**inputs, "key": UNKNOWN}

    assert [item.path for item in differences(old, new)] == [("key",)]
    assert [item.path for item in differences(new, new)] == [("key",)]


def test_a_longer_list_adds_at_its_end() -> None:
    assert differences({"a": [1, 2]}, {"a": [1, 2, 3]}) == ((("a", 2), Change.ADDED, 3),)


def test_true_is_not_one() -> None:
    assert [item.path for item in differences({"a": 1}, {"a": True})] == [("a",)]


def test_null_is_absent_and_what_providers_keep_for_themselves_is_no_change() -> None:
    assert differences({"a": None, "__defaults": ["x"]}, {"b": None, "__defaults": []}) == ()


def test_an_asset_is_its_content() -> None:
    here = {SIGNATURE: ASSET, "hash": "1", "path": "/here"}

    assert differences({"source": here}, {"source": {**here, "path": "/there"}}) == ()
    assert [item.path for item in differences({"source": here}, {"source": {**here, "hash": "2"}})] == [("source",)]


def test_paths_are_written_as_the_engine_writes_them() -> None:
    assert path_text(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert path_text(("metadata", "labels", "app.kubernetes.io/name")) == 'metadata.labels["app.kubernetes.io/name"]'
    assert path_text(("a.b", 'c"d')) == '["a.b"]["c\\"d"]'
