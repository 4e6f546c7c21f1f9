"""Threads and streams that are searched use the machine's cores, and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.configuration import Configuration, configurations, shown_configuration, shown_cores


@given(st.integers(1, 256))
def test_each_configuration_fits_the_cores_and_all_cores_for_one_call_is_among_them(cores: int) -> None:
    found = configurations(cores, None)

    assert found[0] == Configuration(threads=cores, streams=1)
    assert all(cores / 2 < item.cores <= cores for item in found)
    assert [item.threads for item in found] == sorted({item.threads for item in found}, reverse=True)
    assert found[-1] == Configuration(threads=1, streams=cores)


@given(st.integers(1, 64), st.integers(1, 64))
def test_threads_that_the_spec_fixes_are_not_searched(cores: int, threads: int) -> None:
    assert configurations(cores, threads) == (Configuration(threads=threads, streams=1),)


@pytest.mark.parametrize(
    ("threads", "streams", "words"),
    [
        (1, 1, "1 thread"),
        (4, 1, "4 threads"),
        (1, 4, "1 thread for each of 4 calls at once"),
        (2, 2, "2 threads for each of 2 calls at once"),
    ],
)
def test_threads_and_calls_at_once_are_said_in_words(threads: int, streams: int, words: str) -> None:
    assert shown_configuration(threads, streams) == words


def test_one_core_is_no_cores() -> None:
    assert (shown_cores(1), shown_cores(2)) == ("1 core", "2 cores")
