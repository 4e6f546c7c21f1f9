"""A table of prices as a CSV file: its lines, and a first line that names every column once."""

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from optimizers.errors import InvalidArgs, Issue

WRITE_AGAIN = "correct the file or restore it with git"

Row = TypeVar("Row")


def lines(content: bytes, source: str) -> list[tuple[int, list[str]]]:
    """
    Return the lines that are not empty, with their numbers.

    Raises:
        InvalidArgs: The content is no CSV in UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")  # spreadsheets write a mark at the start
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(reader.line_num, cells) for cells in reader if cells]
    except UnicodeDecodeError as error:
        issue = Issue(source, f"byte {error.start}", "the file is UTF-8 text", "save it as UTF-8")
    except csv.Error as error:
        issue = Issue(source, "text that is not CSV", str(error), WRITE_AGAIN)
    raise InvalidArgs(source, (issue,))


def parse_rows(
    table: Sequence[tuple[int, list[str]]],
    build: Callable[[dict[str, str]], Row],
    cell_issue: Callable[[int, ErrorDetails], Issue],
) -> tuple[tuple[Row, ...], tuple[Issue, ...]]:
    """
    Return the rows below the first line that can be read, and what is wrong with the others.

    Args:
        table: Lines with their numbers, the one that names the columns first.
        build: Makes a row of the cells by column; raises ValidationError.
        cell_issue: Words what is wrong with a cell of a line.
    """
    header = table[0][1]
    rows, issues = list[Row](), list[Issue]()
    for number, cells in table[1:]:
        if len(cells) != len(header):
            rule = f"a row has {len(header)} cells"
            issues.append(Issue(f"line {number}", f"{len(cells)} cells", rule, WRITE_AGAIN))
            continue
        try:
            rows.append(build(dict(zip(header, cells, strict=True))))
        except ValidationError as error:
            issues.extend(cell_issue(number, details) for details in error.errors(include_url=False))
    return tuple(rows), tuple(issues)


def header_issues(header: Sequence[str], columns: Sequence[str]) -> Iterator[Issue]:
    """Return what is wrong with the first line of a file that has these columns, in any order."""
    if not header:
        yield Issue("line 1", "nothing", f"it names the columns {', '.join(columns)}", WRITE_AGAIN)
        return
    if len(header) == 1:
        yield Issue("line 1", "one cell", f"cells are separated by commas, and there are {len(columns)}", WRITE_AGAIN)
        return
    for column in header:
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            fix = f"did you mean `{near[0]}`?" if near else "remove it"
            yield Issue("line 1", f"`{column}`", "there is no such column", fix)
        elif header.count(column) > 1:
            yield Issue("line 1", f"`{column}` {header.count(column)} times", "a column is there once", "remove one")
    for column in columns:
        if column not in header:
            yield Issue("line 1", "nothing", f"the column `{column}` is required", "add it; blank cells are unknown")
