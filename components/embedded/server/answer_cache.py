"""Answers to inputs that were seen before."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import orjson

MISSING = object()


class AnswerCache:
    """
    A cache of answers by the content of a row; the least recently used answer goes first.

    Not safe for use from several threads; the server uses it from its event loop.

    Attributes:
        hits: Rows answered from memory.
        lookups: Rows asked for.

    Args:
        entries: Most answers kept; 0 keeps none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._answers: OrderedDict[bytes, Any] = OrderedDict()
        self.hits = 0
        self.lookups = 0

    def find(self, rows: Sequence[Any]) -> list[Any]:
        """Return the known answer of each row, or `MISSING`."""
        if self._entries == 0:
            return [MISSING] * len(rows)
        found = [self._recent(_key(row)) for row in rows]
        self.lookups += len(rows)
        self.hits += sum(answer is not MISSING for answer in found)
        return found

    def keep(self, rows: Sequence[Any], answers: Sequence[Any]) -> None:
        """Remember the answers of rows."""
        if self._entries == 0:
            return
        for row, answer in zip(rows, answers, strict=True):
            self._answers[_key(row)] = answer
        while len(self._answers) > self._entries:
            self._answers.popitem(last=False)

    @property
    def hit_rate(self) -> float:
        """Share of rows answered from memory, 0 to 1; 0 before the first row."""
        return self.hits / self.lookups if self.lookups else 0.0

    def _recent(self, key: bytes) -> Any:  # noqa: ANN401 - any JSON value
        if key not in self._answers:
            return MISSING
        self._answers.move_to_end(key)
        return self._answers[key]


def _key(row: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
