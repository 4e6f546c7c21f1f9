"""JSON that people hand in: read as the standard library reads it, or refused with the reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.json_text import DEEPEST, KeyTwice, NotJson, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(levels: int, opening: str = "[", inner: str = "") -> str:
    return opening * levels + inner + {"[": "]", '{"a":': "}"}[opening] * levels


@given(VALUES, st.booleans())
def test_what_is_json_is_read(value: object, keys_once: bool) -> None:
    assert parse_json(json.dumps(value), keys_once=keys_once) == value


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_values_are_nested_as_deeply_as_is_said_and_no_deeper(opening: str) -> None:
    assert parse_json(nested(DEEPEST, opening, "1"))

    for levels in (DEEPEST + 1, 5_000, 100_000):
        with pytest.raises(NotJson, match=f"nested too deeply to read, over {DEEPEST} levels"):
            parse_json(nested(levels, opening, "1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value at line 1, column 1"),
        ('{"a": 1,\n "b" 2}', "Expecting ':' delimiter at line 2, column 6"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "a number of too many digits"),
    ],
)
def test_what_is_not_json_says_where_or_why(text: str, said: str) -> None:
    with pytest.raises(NotJson, match=said):
        parse_json(text)


def test_a_key_twice_in_one_object_is_refused_where_that_is_asked_for() -> None:
    text = '{"a": {"b": 10, "b": 100}, "b": 1}'

    assert parse_json(text) == {"a": {"b": 100}, "b": 1}
    with pytest.raises(KeyTwice, match="the key `b` twice in one object") as caught:
        parse_json(text, keys_once=True)
    assert (caught.value.key, caught.value.values) == ("b", (10, 100))
