"""A traffic file is read, or each of its bad lines is named with what to write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.traffic import LOWEST_PEAK_RPS
from components.capacity.traffic_csv import parse_traffic
from optimizers.errors import InvalidArgs

GOOD = "timestamp,rate_rps\n2026-01-31T09:00:00Z,5\n2026-01-31T09:05:00Z,0\n2026-01-31T09:10:00+00:00,7.5\n"


def issues(text: str) -> list[str]:
    with pytest.raises(InvalidArgs) as raised:
        parse_traffic(text, "traffic.csv")
    assert "in traffic.csv" in str(raised.value)
    return [str(issue) for issue in raised.value.issues]


def test_timestamps_become_seconds_from_the_first() -> None:
    curve = parse_traffic(GOOD, "traffic.csv")

    assert curve.times_s == (0, 300, 600)
    assert curve.rates_rps == (5, 0, 7.5)


def test_seconds_empty_lines_spaces_and_a_byte_order_mark_are_read() -> None:
    assert parse_traffic("\ufefftimestamp, rate_rps\r\n\r\n60, 1\r\n120 ,2\r\n", "t").times_s == (0, 60)


@given(
    st.lists(st.floats(min_value=0, max_value=1e6), min_size=2, max_size=30).filter(
        lambda rates: max(rates) >= LOWEST_PEAK_RPS
    )
)
def test_what_was_written_is_what_is_read(rates_rps: list[float]) -> None:
    text = "timestamp,rate_rps\n" + "".join(f"{60 * index},{rate!r}\n" for index, rate in enumerate(rates_rps))

    assert parse_traffic(text, "t").rates_rps == tuple(rates_rps)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("60,-1", "line 3: got rate `-1`; a rate is 0 to 1e+09 requests a second; write 0"),
        ("60,nan", "line 3: got rate `nan`; a rate is a number"),
        ("60,inf", "line 3: got rate `inf`; a rate is a number"),
        ("60,1e12", "line 3: got rate `1e12`; a rate is 0 to 1e+09"),
        ("60,1_0", "line 3: got rate `1_0`; a rate is a number"),
        ("60,١٢", "line 3: got rate `١٢`; a rate is a number"),
        ("6_0,1", "line 3: got timestamp `6_0`; a timestamp is ISO 8601"),
        ("60,many", "line 3: got rate `many`; a rate is a number"),
        ("60", "line 3: got 1 cells; a row is a timestamp and a rate"),
        ("60,1,2", "line 3: got 3 cells; a row is a timestamp and a rate"),
        ("noon,1", "line 3: got timestamp `noon`; a timestamp is ISO 8601"),
        ("nan,1", "line 3: got timestamp `nan`; a timestamp is ISO 8601"),
        ("-60,1", "line 3: got a timestamp before the last row's; timestamps ascend; sort the rows"),
        ("0,1", "line 3: got the timestamp of the row before; timestamps ascend"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_a_fix(row: str, said: str) -> None:
    (issue,) = issues(f"timestamp,rate_rps\n0,1\n{row}\n")

    assert issue.startswith(said)


def test_rows_less_than_a_millisecond_apart_are_no_gap() -> None:
    assert parse_traffic("timestamp,rate_rps\n0,1\n0.0001,2\n0.0002,1\n", "t").peak_rps == 2


def test_a_gap_says_how_many_rows_are_missing() -> None:
    (issue,) = issues("timestamp,rate_rps\n0,1\n60,1\n120,1\n300,1\n360,1\n")

    assert issue == (
        "line 5: got 180 s after the row before; rows are 60 s apart; add the 2 missing rows; write 0 where no request came"
    )


def test_a_row_too_soon_after_the_one_before_is_named() -> None:
    found = issues("timestamp,rate_rps\n0,1\n60,1\n61,1\n120,1\n180,1\n240,1\n")

    assert found == [
        "line 4: got 1 s after the row before; rows are 60 s apart; keep one row for every 60 s, with the mean rate of each"
    ]


@pytest.mark.parametrize("number", ["7", "+7", "7.", "7.0", "0.7e1", "70E-1", ".7e+1"])
def test_a_number_is_written_in_any_usual_way(number: str) -> None:
    assert parse_traffic(f"timestamp,rate_rps\n0,{number}\n60,1\n", "t").rates_rps == (7, 1)


def test_every_bad_row_is_named_at_once_up_to_twenty() -> None:
    assert len(issues("timestamp,rate_rps\n" + "0,x\n" * 5)) == 5
    many = issues("timestamp,rate_rps\n" + "0,x\n" * 50)
    assert len(many) == 21
    assert "30 more problems" in many[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: got an empty file; the header is `timestamp,rate_rps`"),
        ("time,rate\n0,1\n", "line 1: got `time,rate`; the header is `timestamp,rate_rps`"),
        ("timestamp,rate_rps\n" + "9" * 200_000, "line 2: got a line that is no CSV"),
        ("timestamp,rate_rps\n", "rows: got 0; at least 2 rows"),
        ("timestamp,rate_rps\n0,1\n", "rows: got 1; at least 2 rows"),
        ("timestamp,rate_rps\n0,0\n60,0\n", "rate_rps: got 0 at the most; one rate is at least 1e-09"),
        ("timestamp,rate_rps\n0,5e-324\n60,0\n", "rate_rps: got 4.94066e-324 at the most; one rate is at least 1e-09"),
    ],
)
def test_a_file_that_declares_no_traffic_says_what_is_missing(text: str, said: str) -> None:
    assert issues(text)[0].startswith(said)


def test_a_cell_is_shown_cut_and_without_what_would_change_a_terminal() -> None:
    (issue,) = issues(f"timestamp,rate_rps\n0,1\n\x1b[31m{'x' * 300},2\n")

    assert issue.isprintable()
    assert issue.startswith("line 3: got timestamp `\\x1b[31mxxx")
    assert len(issue) < 200


@pytest.mark.parametrize("last", ["1e300", "86400000000"])
def test_timestamps_that_span_years_are_taken_for_milliseconds(last: str) -> None:
    (issue,) = issues(f"timestamp,rate_rps\n0,1\n{last},2\n")

    assert "days from the first row to the last; a file spans at most 366 days; write timestamps in seconds" in issue


def test_a_year_of_hours_is_read() -> None:
    text = "timestamp,rate_rps\n" + "".join(f"{3600 * hour},{hour % 24}\n" for hour in range(366 * 24 + 1))

    assert parse_traffic(text, "t").peak_rps == 23
