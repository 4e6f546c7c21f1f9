"""Batch what waits: while one call of the model runs, rows gather, and the next call takes as many as fit."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Row = TypeVar("Row")
Answer = TypeVar("Answer")


class Batcher(Generic[Row, Answer]):
    """
    Answers rows in calls of at most `max_batch_size`, one call at a time, in the order in which they came.

    It never waits for a batch to fill: a lone row on an idle server is called at once. Rows whose request was cancelled
    before their call are left out.

    Args:
        call: Answers a batch; runs in a thread of its own.
        max_batch_size: Most rows in one call.
    """

    def __init__(self, call: Callable[[Sequence[Row]], Sequence[Answer]], max_batch_size: int) -> None:
        self._call = call
        self._max_batch_size = max_batch_size
        self._waiting: deque[tuple[Row, asyncio.Future[Answer]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._worker: asyncio.Task[None] | None = None

    async def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Return one answer for each row; raises what `call` raised for the batch that one of them was in."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in rows]
        self._waiting.extend(zip(rows, futures, strict=True))
        if self._worker is None:
            self._worker = loop.create_task(self._work())
        return list(await asyncio.gather(*futures))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while batch := self._next_batch():
                rows = [row for row, _ in batch]
                try:
                    answers = await loop.run_in_executor(self._thread, self._call, rows)
                except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the requests
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for (_, future), answer in zip(batch, answers, strict=True):
                        if not future.done():
                            future.set_result(answer)
        finally:
            self._worker = None

    def _next_batch(self) -> list[tuple[Row, asyncio.Future[Answer]]]:
        batch = list[tuple[Row, asyncio.Future[Answer]]]()
        while self._waiting and len(batch) < self._max_batch_size:
            row, future = self._waiting.popleft()
            if not future.done():
                batch.append((row, future))
        return batch
