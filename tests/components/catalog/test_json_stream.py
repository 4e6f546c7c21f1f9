"""Member by member, the stream is what `json` reads at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.json_stream import LONGEST_VALUE, Path, members
from optimizers.json_text import NotJson

texts = st.text(max_size=6)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=12,
)


def cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def rebuilt(text: str, size: int, depth: int) -> dict[str, Any]:
    """Put the members together again."""
    result: dict[str, Any] = {}
    for path, value in members(cut(text, size), lambda path: len(path) <= depth):
        part = result
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = value
    return result


def without_empty(value: Any, depth: int) -> Any:
    """Leave out the empty objects that are descended into, as they have no members."""
    if not isinstance(value, dict) or depth < 0:
        return value
    kept = {key: without_empty(item, depth - 1) for key, item in value.items()}
    return {key: item for key, item in kept.items() if not (isinstance(item, dict) and not item and depth > 0)}


@given(st.dictionaries(texts, values, max_size=4), st.integers(1, 9), st.integers(0, 2), st.sampled_from([None, 2]))
def test_the_members_are_the_document(document: dict[str, Any], size: int, depth: int, indent: int | None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)

    assert rebuilt(text, size, depth) == without_empty(document, depth)


@given(st.dictionaries(texts, values, min_size=1, max_size=4), st.integers(1, 9), st.data())
def test_a_document_that_breaks_off_is_refused(document: dict[str, Any], size: int, data: st.DataObject) -> None:
    text = json.dumps(document)
    end = data.draw(st.integers(0, len(text) - 1))

    with pytest.raises(NotJson, match="at character"):
        list(members(cut(text[:end], size), lambda path: len(path) <= 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "`[` instead of `{` at character 0"),
        ("", "the end at character 0"),
        ('{"a" 1}', "`1` instead of `:` at character 5"),
        ('{"a": 1 "b": 2}', '`"` instead of `,` at character 8'),
        ('{"a": nothing}', "Expecting value at character 6"),
        ("{1: 2}", "a key that is no text"),
        ('{"a": ' + "[" * 20_000, "over 200 levels at character 6"),
    ],
)
@pytest.mark.parametrize("size", [7, 1 << 20])
def test_what_is_not_json_is_named_with_its_place(text: str, said: str, size: int) -> None:
    with pytest.raises(NotJson) as caught:
        list(members(cut(text, size), lambda _: False))

    assert said in str(caught.value)


def test_a_value_without_an_end_is_not_held_without_an_end() -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        yield '{"a": "'
        while True:
            read += 1 << 20
            yield "x" * (1 << 20)

    with pytest.raises(NotJson):
        list(members(endless(), lambda _: False))
    assert read <= LONGEST_VALUE + (2 << 20)


def test_only_one_member_is_held_at_a_time() -> None:
    size, count = 10_000, 2000

    def chunks() -> Iterator[str]:
        yield '{"products": {'
        for number in range(count):
            yield f'"{number}": "{"x" * size}"' + ("," if number < count - 1 else "")
        yield "}}"

    def opens(path: Path) -> bool:
        return path == ("products",)

    assert sum(len(value) for _, value in members(chunks(), opens)) == size * count
