"""How much of a review fits into a comment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from stacks.review.markdown_text import plain

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Shortening:
    """
    Limits of one attempt to write a comment.

    Attributes:
        entries: Longest list; None: no limit.
        letters: Longest text; None: no limit.
    """

    entries: int | None = None
    letters: int | None = None

    def plain(self, value: str) -> str:
        """Return a text of users, escaped and cut."""
        return plain(value, self.letters)

    def kept(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the first entries of a list."""
        return entries if self.entries is None else entries[: self.entries]

    def left_out(self, number: int) -> str:
        """Return the sentence that follows a list of so many entries if some of them are left out."""
        if self.entries is None or number <= self.entries:
            return ""
        more = number - self.entries
        return (
            f"\n\n{more} more {'is' if more == 1 else 'are'} left out: GitHub takes at most 65,536 characters in a "
            "comment; `serving preview --json` has all."
        )
