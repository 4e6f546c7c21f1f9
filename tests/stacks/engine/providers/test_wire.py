"""Values survive the way through the engine's messages."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.wire import decoded, encoded, in_base64

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=4) | st.floats(-1e6, 1e6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner), max_leaves=10
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_values_come_back_equal(values: dict[str, Any]) -> None:
    assert decoded(encoded(values)) == values


def test_a_whole_number_comes_back_as_one() -> None:
    found = decoded(encoded({"replicas": 3, "target": 0.7, "nested": [{"port": 80}]}))

    assert repr(found["replicas"]) == "3"
    assert repr(found["nested"][0]["port"]) == "80"
    assert found["target"] == 0.7


def test_base64_of_what_is_unknown_is_unknown() -> None:
    assert in_base64(UNKNOWN) == UNKNOWN
    assert in_base64("hunter2") == "aHVudGVyMg=="
