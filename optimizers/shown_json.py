"""A value that somebody wrote into a file, as an error shows it."""

import json

LONGEST_VALUE = 60


def shown_json(value: object) -> str:
    """Return a value as JSON, cut."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # a key that JSON has not, a list in itself, a thousand lists
        return f"a {type(value).__name__} that is no JSON"
    return f"`{printable(text)}`"


def printable(text: str) -> str:
    """Return a text cut, and without the lone surrogates that no terminal and no JSON document can hold."""
    cut = text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
    return cut.encode(errors="backslashreplace").decode()
