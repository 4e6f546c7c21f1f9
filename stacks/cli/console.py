"""Where commands print: results on stdout, progress on stderr, colour only for people."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table

# Results go to files and pull requests too, so they are not cut at the width of whatever runs the command.
WIDTH_WITHOUT_TERMINAL = 160


def results() -> Console:
    """Return the console for results."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_WITHOUT_TERMINAL)


def progress() -> Console:
    """Return the console for progress and remarks."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2, ensure_ascii=False))  # noqa: T201


def table(title: str, *columns: str) -> Table:
    """Return an empty table in the house style."""
    result = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        result.add_column(column, overflow="fold", header_style="dim")
    return result
