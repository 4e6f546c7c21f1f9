"""What providers add to inputs is kept from the last state."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.providers.differences import differences
from stacks.engine.providers.provider_inputs import made_up_name, with_last_defaults, with_last_names

INPUTS = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers() | st.text(max_size=2), max_size=4)


@given(INPUTS, INPUTS)
def test_defaults_of_the_last_state_are_no_change(written: dict[str, Any], filled_in: dict[str, Any]) -> None:
    defaults = {key: value for key, value in filled_in.items() if key not in written}
    state = {**written, **defaults, "__defaults": sorted(defaults)}
    nested = {"block": [state]}

    assert differences(state, with_last_defaults(state, written)) == ()
    assert differences(nested, with_last_defaults(nested, {"block": [written]})) == ()


def test_a_value_of_the_program_goes_before_a_default() -> None:
    state = {"size": 1, "__defaults": ["size"]}

    assert with_last_defaults(state, {"size": 2}) == {"size": 2, "__defaults": []}


def test_what_the_program_wrote_and_no_longer_writes_is_not_kept() -> None:
    assert with_last_defaults({"size": 1, "__defaults": []}, {}) == {"__defaults": []}


@given(st.text("ab-[.", min_size=1, max_size=6), st.binary(max_size=8))
def test_a_made_up_name_is_kept(resource: str, seed: bytes) -> None:
    old = {"bucketName": made_up_name(resource, seed), "class": "a"}

    assert with_last_names(old, {}, resource) == {"bucketName": old["bucketName"]}
    assert with_last_names(old, {"bucketName": "mine"}, resource) == {"bucketName": "mine"}


def test_names_from_other_seeds_differ() -> None:
    assert made_up_name("web", b"1") != made_up_name("web", b"2")
