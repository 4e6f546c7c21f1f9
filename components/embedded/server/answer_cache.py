"""Answers to inputs that were seen before."""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

MISSING = object()


class AnswerCache:
    """
    A cache of answers by the content of a row; the least recently used answer goes first.

    Not safe for use from several threads; the server answers one batch at a time.

    Attributes:
        hits: Rows answered from memory.
        lookups: Rows asked for.

    Args:
        entries: Most answers kept; 0 keeps none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._answers: OrderedDict[str, Any] = OrderedDict()
        self.hits = 0
        self.lookups = 0

    def answer(self, rows: Sequence[Any], compute: Callable[[list[int]], Sequence[Any]]) -> list[Any]:
        """
        Return one answer for each row.

        Args:
            rows: What was asked.
            compute: Called once, with the indices of the rows that no answer is known for, if there are any.
        """
        if self._entries == 0:
            return list(compute(list(range(len(rows)))))
        keys = [json.dumps(row, sort_keys=True) for row in rows]
        known = [self._answers.get(key, MISSING) for key in keys]
        missing = [index for index, answer in enumerate(known) if answer is MISSING]
        self.lookups += len(rows)
        self.hits += len(rows) - len(missing)
        if missing:
            for index, answer in zip(missing, compute(missing), strict=True):
                known[index] = answer
        for key, answer in zip(keys, known, strict=True):
            self._answers[key] = answer
            self._answers.move_to_end(key)
        while len(self._answers) > self._entries:
            self._answers.popitem(last=False)
        return known

    @property
    def hit_rate(self) -> float:
        """Share of rows answered from memory, 0 to 1; 0 before the first row."""
        return self.hits / self.lookups if self.lookups else 0.0
