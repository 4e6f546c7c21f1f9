"""Which p99 is held against an SLA, and how it is told."""

import pytest

from components.capacity.prediction import judged_p99_ms, p99_in_words


@pytest.mark.parametrize(
    ("p99_ms", "p99_high_ms", "judged_ms"),
    [(10, 12, 12), (12, 10, 12), (10, None, None), (None, 12, None), (None, None, None), (0, 0, 0)],
)
def test_the_upper_end_is_judged_and_what_is_unknown_is_not_guessed(
    p99_ms: float | None, p99_high_ms: float | None, judged_ms: float | None
) -> None:
    assert judged_p99_ms(p99_ms, p99_high_ms) == judged_ms


def test_a_p99_is_told_with_its_upper_end_where_that_was_recorded() -> None:
    assert p99_in_words(31.0, 62.5) == "31 ms, up to 62.5,"
    assert p99_in_words(31.0, None) == "31 ms"
