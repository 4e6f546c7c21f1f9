"""
Read a JSON document that is too large to hold, member by member.

The EC2 offer file of one region is some hundred MB; held whole, as Python objects, it would take several GB. Member by
member, a file of 126 MB with 80,000 products took 2.7 s and 93 MB of memory (2 cores of an Intel Xeon, 2026-11-24).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from optimizers.json_text import TOO_DEEP, TOO_LONG, NotJson

# No value that is decoded whole is longer: a product of an offer file has 2 to 10 kB.
LONGEST_VALUE = 1 << 23
SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()
COMPLETE = (str, dict, list, bool, type(None))
DELIMITERS = " \t\n\r,:]}"

Path = tuple[str, ...]


def members(chunks: Iterator[str], opens: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
    """
    Yield `(path, value)` of every value that is not descended into, in the order of the document.

    Args:
        chunks: The text, in parts of any length.
        opens: Whether the object at a path is descended into; the document itself always is.

    Raises:
        NotJson: While it is read; what was yielded before was well-formed.
    """
    text = _Text(chunks)
    text.expect("{")
    yield from _members(text, (), opens)


def _members(text: "_Text", path: Path, opens: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
    if text.take("}"):
        return
    while True:
        key = text.value()
        if not isinstance(key, str):
            raise NotJson(f"a key that is no text at character {text.position}")
        text.expect(":")
        inner = (*path, key)
        if opens(inner) and text.take("{"):
            yield from _members(text, inner, opens)
        else:
            yield inner, text.value()
        if text.take("}"):
            return
        text.expect(",")


class _Text:
    """The part of the document that was read and not yet used."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._text = ""
        self._at = 0
        self._dropped = 0

    @property
    def position(self) -> int:
        """Characters of the document before the next one."""
        return self._dropped + self._at

    def take(self, character: str) -> bool:
        """Step over `character` if it is next, spaces aside."""
        self._skip_space()
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def expect(self, character: str) -> None:
        if not self.take(character):
            found = self._text[self._at : self._at + 1]
            what = f"`{found}` instead of `{character}`" if found else "the end"
            raise NotJson(f"{what} at character {self.position}")

    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the next value, whole."""
        self._skip_space()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                place = f"{error.msg} at character {self._dropped + error.pos}"
                if not self._may_go_on():
                    raise NotJson(place) from None
            except ValueError:
                raise NotJson(f"{TOO_LONG} at character {self.position}") from None
            except RecursionError:
                raise NotJson(f"{TOO_DEEP} at character {self.position}") from None
            else:
                # A number has no end of its own: the next chunk may hold more of it.
                length, following = end - self._at, self._text[end : end + 1]
                if isinstance(value, COMPLETE) or (following and following in DELIMITERS) or not self._may_go_on():
                    self._at += length
                    return value

    def _may_go_on(self) -> bool:
        """Read more of the value at hand, unless it is too long already or there is nothing more."""
        return len(self._text) - self._at <= LONGEST_VALUE and self._more()

    def _skip_space(self) -> None:
        while True:
            match = SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        self._dropped += self._at
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)
