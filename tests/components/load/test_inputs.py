"""The rows of a load are all different and have the shapes of the reference."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.load.inputs import distinct_rows

REFERENCE: list[list[Any]] = [
    ["a text", "another text"],
    [[101, *range(1000, 1126), 102]],
    [[0.25] * 64, [0.5] * 64],
    [{"input": [[0.5, 0.25], [1.0, 2.0]]}],
]


@pytest.mark.parametrize("reference", REFERENCE, ids=["texts", "token ids", "numbers", "named arrays"])
@given(seed=st.integers(min_value=0, max_value=1000))
def test_no_row_comes_twice(reference: list[Any], seed: int) -> None:
    rows = [json.dumps(row) for row in itertools.islice(distinct_rows(reference, seed), 200)]

    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("reference", REFERENCE, ids=["texts", "token ids", "numbers", "named arrays"])
def test_another_seed_gives_other_rows_and_the_same_seed_the_same(reference: list[Any]) -> None:
    first, again, other = (list(itertools.islice(distinct_rows(reference, seed), 20)) for seed in (1, 1, 2))

    assert first == again
    assert not {json.dumps(row) for row in first} & {json.dumps(row) for row in other}


def test_token_ids_keep_their_length_their_ends_and_their_vocabulary() -> None:
    reference = [101, *range(1000, 1126), 102]

    for row in itertools.islice(distinct_rows([reference], 1), 50):
        assert (row[0], row[-1]) == (101, 102)
        assert sorted(row) == sorted(reference)


def test_numbers_stay_within_a_tenth_of_a_percent() -> None:
    for row in itertools.islice(distinct_rows([[0.5, -2.0]], 1), 50):
        assert row == pytest.approx([0.5, -2.0], rel=1e-3)
