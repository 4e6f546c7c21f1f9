"""Text of users as text: nothing in it is Markdown, HTML, a mention or a link, and it never leaves its table cell."""

import re
import unicodedata
from collections.abc import Sequence

# An invisible character: GitHub finds mentions, issues and addresses in the rendered text, where no escape is left.
BREAK = "\u200b"
NOT_ASCII = re.compile(r"[^ -~]")
SPECIAL = re.compile(r"[\\`*_\[\]|~$]")
HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
REFERENCE = re.compile(r"[@#]|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=gh)(?=-\d)", re.IGNORECASE)


def plain(value: str, longest: int | None = None) -> str:
    """
    Return `value` on one line, escaped for GitHub's Markdown, inside and outside of tables.

    Args:
        value: Any text.
        longest: Longer text is cut here and ends with an ellipsis; None: nothing is cut.
    """
    line = " ".join(NOT_ASCII.sub(_visible, value).split())
    if longest is not None and len(line) > longest:
        line = f"{line[:longest]}…"
    line = re.sub(r"[&<>]", lambda found: HTML[found[0]], line)
    line = SPECIAL.sub(lambda found: f"\\{found[0]}", line)
    # `&#64;` is no way out: it is `@` again once it is rendered.
    return REFERENCE.sub(lambda found: f"{found[0]}{BREAK}", line)


def _visible(letter: re.Match[str]) -> str:
    # Controls, half characters, and what turns the direction of writing would hide or move other text.
    return " " if unicodedata.category(letter[0])[0] in "CZ" else letter[0]


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table; its cells are already escaped."""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
