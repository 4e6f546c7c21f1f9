"""Where commands print: results on stdout, progress on stderr, colour only for people."""

import json
import os
from collections.abc import Collection
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

# Results go to files and pull requests too, so they are not cut at the width of whatever runs the command.
WIDTH_WITHOUT_TERMINAL = 160


def results() -> Console:
    """Return the console for results."""
    console = _console(stderr=False)
    if not console.is_terminal:
        console.width = WIDTH_WITHOUT_TERMINAL
    return console


def progress() -> Console:
    """Return the console for progress and remarks."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # https://no-color.org; rich takes it for "no colours" and would still write bold and dim.
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(stderr=stderr, highlight=False, color_system=None if plain else "auto")


def say(text: str) -> None:
    """Print one line of progress, whole however narrow the terminal is."""
    progress().print(f"[dim]{escape(text)}[/]", soft_wrap=True)


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON document on stdout; a number that JSON has not, such as infinity, is a defect."""
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))  # noqa: T201


def table(title: str, *columns: str, numbers: Collection[str] = ()) -> Table:
    """Return an empty table in the house style; the last column wraps, those in `numbers` are aligned right."""
    result = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        result.add_column(
            column,
            overflow="fold",
            header_style="dim",
            no_wrap=column != columns[-1],
            justify="right" if column in numbers else "left",
        )
    return result


def print_tables(*tables: RenderableType) -> None:
    """Print tables with an empty line between them."""
    console = results()
    for number, item in enumerate(tables):
        if number:
            console.print()
        console.print(item)
