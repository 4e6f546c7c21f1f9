"""Read traffic from the text of a CSV file: a timestamp and a rate in each row, evenly spaced."""

import csv
import math
import re
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import DAY_S, HIGHEST_RATE_RPS, LOWEST_PEAK_RPS
from optimizers.errors import InvalidArgs, Issue

HEADER = ("timestamp", "rate_rps")
FEWEST_ROWS = 2
# Clocks differ by a little; a missing row doubles the step, and a row too many halves it.
LARGEST_STEP = 1.5
# Python reads more as a number: `1_0`, and digits of every script.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
# A leap year, as the longest ramp; minutes of a single day in milliseconds would span three.
LONGEST_SPAN_S = 366 * DAY_S
LONGEST_CELL = 60
# More than this many complaints help nobody.
MOST_ISSUES = 20


class _Row(NamedTuple):
    line: int
    time_s: float
    rate_rps: float


def parse_traffic(text: str, source: str) -> RateCurve:
    """
    Return the traffic that a CSV declares.

    The first line is `timestamp,rate_rps`. A timestamp is ISO 8601, UTC where it names no zone, or a number of seconds;
    the first one becomes 0. Empty lines are skipped.

    Args:
        text: The file's text.
        source: What to call the file in an error.

    Raises:
        InvalidArgs: With the line of every row that is not a timestamp and a rate, is out of order, or follows a gap.
    """
    filled = _filled(text, source)
    wanted = ",".join(HEADER)
    if not filled or tuple(filled[0][1]) != HEADER:
        got = f"`{_shown(','.join(filled[0][1]))}`" if filled else "an empty file"
        raise InvalidArgs(source, (Issue("line 1", got, f"the header is `{wanted}`", f"write `{wanted}` first"),))
    issues = list[Issue]()
    rows = list[_Row]()
    for line, cells in filled[1:]:
        row = _row(line, cells)
        if isinstance(row, _Row):
            rows.append(row)
        else:
            issues.append(row)
    issues += _order(rows) or _gaps(rows) or _span(rows)
    if not issues and len(rows) < FEWEST_ROWS:
        issues.append(Issue("rows", str(len(rows)), f"at least {FEWEST_ROWS} rows", "add rows, or declare `constant`"))
    peak_rps = max((row.rate_rps for row in rows), default=0.0)
    if not issues and peak_rps < LOWEST_PEAK_RPS:
        got, rule = f"{peak_rps:g} at the most", f"one rate is at least {LOWEST_PEAK_RPS:g}"
        issues.append(Issue("rate_rps", got, rule, "check the unit: requests a second"))
    if issues:
        raise InvalidArgs(source, _shortened(issues))
    return RateCurve(
        times_s=tuple(row.time_s - rows[0].time_s for row in rows), rates_rps=tuple(row.rate_rps for row in rows)
    )


def _filled(text: str, source: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each line that has any, with its number."""
    reader = csv.reader(text.lstrip("\ufeff").splitlines())
    found = list[tuple[int, list[str]]]()
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                found.append((reader.line_num, stripped))
    except csv.Error as error:
        line = f"line {reader.line_num}"
        issue = Issue(line, "a line that is no CSV", str(error), "write a timestamp, a comma and a rate in each line")
        raise InvalidArgs(source, (issue,)) from None
    return found


def _row(line: int, cells: list[str]) -> _Row | Issue:
    path = f"line {line}"
    if len(cells) != len(HEADER):
        return Issue(
            path, f"{len(cells)} cells", "a row is a timestamp and a rate", "write `2026-01-31T09:00:00Z,12.5`"
        )
    time_s, rate_rps = _time_s(cells[0]), _number(cells[1])
    if time_s is None:
        rule = "a timestamp is ISO 8601 or a number of seconds"
        return Issue(path, f"timestamp `{_shown(cells[0])}`", rule, "write for example `2026-01-31T09:00:00Z`")
    if rate_rps is None:
        return Issue(
            path, f"rate `{_shown(cells[1])}`", "a rate is a number", "write the requests a second, 0 where none came"
        )
    if not 0 <= rate_rps <= HIGHEST_RATE_RPS:
        rule = f"a rate is 0 to {HIGHEST_RATE_RPS:g} requests a second"
        return Issue(path, f"rate `{_shown(cells[1])}`", rule, "write 0 where no request came")
    return _Row(line, time_s, rate_rps)


def _order(rows: list[_Row]) -> list[Issue]:
    return [
        Issue(
            f"line {later.line}",
            "the timestamp of the row before"
            if later.time_s == earlier.time_s
            else "a timestamp before the last row's",
            "timestamps ascend",
            "sort the rows by time, and keep one row for each moment",
        )
        for earlier, later in pairwise(rows)
        if later.time_s <= earlier.time_s
    ]


def _gaps(rows: list[_Row]) -> list[Issue]:
    steps_s = [later.time_s - earlier.time_s for earlier, later in pairwise(rows)]
    if not steps_s:
        return []
    usual_s = median_low(steps_s)
    return [
        Issue(
            f"line {later.line}",
            f"{step_s:g} s after the row before",
            f"rows are {usual_s:g} s apart",
            f"add the {round(step_s / usual_s) - 1} missing rows; write 0 where no request came"
            if step_s > usual_s
            else f"keep one row for every {usual_s:g} s, with the mean rate of each",
        )
        for step_s, later in zip(steps_s, rows[1:], strict=True)
        if not usual_s <= LARGEST_STEP * step_s <= LARGEST_STEP**2 * usual_s
    ]


def _span(rows: list[_Row]) -> list[Issue]:
    if not rows or rows[-1].time_s - rows[0].time_s <= LONGEST_SPAN_S:
        return []
    got = f"{(rows[-1].time_s - rows[0].time_s) / DAY_S:.6g} days from the first row to the last"
    rule = f"a file spans at most {LONGEST_SPAN_S / DAY_S:g} days"
    fix = "write timestamps in seconds, not in milliseconds, or keep the last year"
    return [Issue(f"line {rows[-1].line}", got, rule, fix)]


def _shown(cell: str) -> str:
    """Return a cell cut, and without what would move a terminal's cursor or change its colours."""
    cut = cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def _shortened(issues: list[Issue]) -> tuple[Issue, ...]:
    if len(issues) <= MOST_ISSUES:
        return tuple(issues)
    rest = Issue("further lines", f"{len(issues) - MOST_ISSUES} more problems", "each row is read", "fix these first")
    return (*issues[:MOST_ISSUES], rest)


def _number(text: str) -> float | None:
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _time_s(text: str) -> float | None:
    if (number := _number(text)) is not None:
        return number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
