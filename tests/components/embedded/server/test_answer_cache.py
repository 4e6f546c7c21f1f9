"""The cache answers by content, keeps what was used last, and can be switched off."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.embedded.server.answer_cache import MISSING, AnswerCache

rows = st.lists(st.one_of(st.text(max_size=3), st.lists(st.integers(0, 3), max_size=2)), max_size=20)


@given(rows, st.integers(min_value=1, max_value=5))
def test_a_found_answer_is_the_one_that_was_kept_for_that_row(asked: list[Any], entries: int) -> None:
    cache = AnswerCache(entries)
    for row in asked:
        (found,) = cache.find([row])
        assert found is MISSING or found == repr(row)
        if found is MISSING:
            cache.keep([row], [repr(row)])
            assert cache.find([row]) == [repr(row)]


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = AnswerCache(2)
    cache.keep(["a", "b"], [1, 2])
    cache.find(["a"])
    cache.keep(["c"], [3])

    assert cache.find(["a", "b", "c"]) == [1, MISSING, 3]


def test_the_hit_rate_is_the_share_of_rows_found() -> None:
    cache = AnswerCache(2)
    assert cache.hit_rate == 0
    cache.find(["a"])
    cache.keep(["a"], [1])
    cache.find(["a", "a", "b"])

    assert cache.hit_rate == 0.5


def test_a_cache_of_no_entries_keeps_nothing() -> None:
    cache = AnswerCache(0)
    cache.keep(["a"], [1])

    assert cache.find(["a"]) == [MISSING]
    assert cache.hit_rate == 0
