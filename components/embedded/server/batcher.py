"""Batch what waits: while the model is busy rows gather, and its next call takes as many as fit."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar

FEWEST_ROWS_AHEAD = 16

Row = TypeVar("Row")
Answer = TypeVar("Answer")


class _Waiting(NamedTuple, Generic[Row, Answer]):
    row: Row
    future: asyncio.Future[Answer]


class Batcher(Generic[Row, Answer]):
    """
    Answers rows in calls of at most `max_batch_size`, in the order in which they came.

    It never waits for a batch to fill: a lone row on an idle server is called at once. Rows whose request was cancelled
    before their call are left out. A request of many rows lets others in between: of its rows only as many wait at once
    as keep the calls busy.

    Args:
        call: Answers a batch; called from `concurrent_calls` threads.
        max_batch_size: Most rows in one call.
        concurrent_calls: Calls in flight at once.
    """

    def __init__(
        self, call: Callable[[Sequence[Row]], Sequence[Answer]], max_batch_size: int, concurrent_calls: int
    ) -> None:
        self._call = call
        self._max_batch_size = max_batch_size
        self._rows_ahead = max(FEWEST_ROWS_AHEAD, 2 * max_batch_size * concurrent_calls)
        self._waiting: SimpleQueue[_Waiting[Row, Answer]] = SimpleQueue()
        for _ in range(concurrent_calls):
            threading.Thread(target=self._work, name="model", daemon=True).start()

    async def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Return one answer for each row; raises what `call` raised for the batch that one of them was in."""
        loop = asyncio.get_running_loop()
        waiting = [_Waiting[Row, Answer](row, loop.create_future()) for row in rows]
        try:
            for index, item in enumerate(waiting):
                if index >= self._rows_ahead:
                    await waiting[index - self._rows_ahead].future
                self._waiting.put(item)
            return [await item.future for item in waiting]
        finally:
            for item in waiting:
                # What failed with its batch after the first failure was told is nobody's news.
                if not item.future.cancel() and not item.future.cancelled():
                    item.future.exception()

    def _work(self) -> None:
        while True:
            batch = [item for item in self._next_batch() if not item.future.done()]
            if not batch:
                continue
            answers: Sequence[Answer] = ()
            error: Exception | None = None
            try:
                answers = self._call([item.row for item in batch])
            except Exception as raised:  # noqa: BLE001 - whatever it is, it belongs to the requests
                error = raised
            batch[0].future.get_loop().call_soon_threadsafe(_settle, batch, answers, error)

    def _next_batch(self) -> list[_Waiting[Row, Answer]]:
        batch = [self._waiting.get()]
        while len(batch) < self._max_batch_size:
            try:
                batch.append(self._waiting.get_nowait())
            except Empty:
                break
        return batch


def _settle(batch: list[_Waiting[Row, Answer]], answers: Sequence[Answer], error: Exception | None) -> None:
    """Give each request its answer; runs on the event loop, to which the futures belong."""
    for index, item in enumerate(batch):
        if item.future.done():
            continue
        if error is not None:
            item.future.set_exception(error)
        else:
            item.future.set_result(answers[index])
