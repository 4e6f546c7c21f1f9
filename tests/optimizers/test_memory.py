"""What is open at once fits into memory, and a model that does not fit at all is refused."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.errors import UnsupportedModel
from optimizers.memory import GIB, check_fits, free_bytes, groups, room_bytes

needs = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 100), max_size=12)


@given(needs, st.integers(0, 150))
def test_groups_hold_everything_in_order_and_fit_or_are_alone(drawn: dict[str, int], room: int) -> None:
    found = groups(drawn, room)

    assert [name for group in found for name in group] == list(drawn)
    assert all(len(group) == 1 or sum(drawn[name] for name in group) <= room for group in found)


@given(needs, st.integers(0, 150))
def test_no_two_neighbouring_groups_would_fit_together(drawn: dict[str, int], room: int) -> None:
    found = groups(drawn, room)

    for left, right in pairwise(found):
        assert sum(drawn[name] for name in left) + drawn[right[0]] > room


def test_a_model_larger_than_memory_is_refused_with_what_it_takes() -> None:
    words = r"^big: its files have 4\.0 GiB, 3\.0 GiB of memory are free; .* at least 13 GiB"
    with pytest.raises(UnsupportedModel, match=words):
        check_fits("big", 4 * GIB, 3 * GIB)

    check_fits("small", 3 * GIB, 3 * GIB)


@given(st.integers(0, 10 * GIB), st.integers(0, 40 * GIB), st.integers(0, 100 * GIB))
def test_sessions_and_one_file_that_is_read_take_no_more_than_three_models_and_a_gib(
    size: int, taken: int, free: int
) -> None:
    room = room_bytes(size, taken, free)

    assert 0 <= room <= free
    assert room == 0 or room + taken + size <= 3 * size + GIB


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    everywhere = free_bytes(tmp_path)
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("400\n")
    (tmp_path / "memory.stat").write_text("anon 300\nfile 100\n")

    assert free_bytes(tmp_path) == 600 < everywhere


def test_pages_of_files_that_a_container_can_give_up_are_free(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 300\nfile 600\nactive_file 100\ninactive_file 500\n")

    assert free_bytes(tmp_path) == 600


def test_a_container_without_a_limit_has_all_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("400\n")
    (tmp_path / "memory.stat").write_text("anon 300\n")

    assert free_bytes(tmp_path) > 600
