"""
Send requests at their intended times, whether earlier ones were answered or not (`python -m components.load.generator`).

A caller that waits for each answer sends less exactly when the server is slow, and hides it ("coordinated omission",
Tene, "How NOT to Measure Latency", 2013). Here latency counts from the time at which a request should have been sent.
Reads a `LoadJob` from stdin and writes a `LoadAnswer` to stdout, both as JSON.
"""

import asyncio
import sys
import time
from collections import Counter
from typing import Any

from components.capacity.arrivals import arrival_times
from components.load.inputs import distinct_rows
from components.load.job import LoadAnswer, LoadJob
from components.load.request import failure, open_session

# Connections are opened before the first request is due, so that no request pays for one.
OPENED_BEFORE = 16
SETTLE_S = 0.2


class Sender:
    """Sends the requests of one job and keeps what happened."""

    def __init__(self, job: LoadJob, session: Any) -> None:  # noqa: ANN401 - aiohttp is imported where it is needed
        self._job = job
        self._session = session
        self._latencies_ms = list[float]()
        self._lags_ms = list[float]()
        self._errors = Counter[str]()

    async def run(self) -> LoadAnswer:
        """Send everything and wait for the answers."""
        job = self._job
        times = arrival_times(job.rate_rps, job.seconds, job.seed, job.arrival_variation)
        rows = distinct_rows(job.reference, job.seed)
        await self._open_connections()
        start = time.perf_counter() + SETTLE_S
        tasks = list[asyncio.Task[None]]()
        for offset in times:
            row = next(rows)
            delay_s = start + offset - time.perf_counter()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            tasks.append(asyncio.create_task(self._send(row, start + offset)))
        await asyncio.gather(*tasks)
        return LoadAnswer(
            latencies_ms=self._latencies_ms,
            errors=dict(self._errors),
            lags_ms=self._lags_ms,
            # Rates count over the whole step, also where its last requests came early.
            elapsed_s=max(job.seconds, time.perf_counter() - start),
        )

    async def _send(self, row: Any, due: float) -> None:  # noqa: ANN401 - any JSON value
        self._lags_ms.append(1000 * (time.perf_counter() - due))
        error = await failure(self._session, self._job.url, row)
        if error is None:
            self._latencies_ms.append(1000 * (time.perf_counter() - due))
        else:
            self._errors[error] += 1

    async def _open_connections(self) -> None:
        from aiohttp import ClientError

        async def touch() -> None:
            try:
                async with self._session.get(self._job.url) as response:
                    await response.read()
            except (ClientError, OSError):
                # The requests themselves will tell what is wrong.
                return

        await asyncio.gather(*(touch() for _ in range(OPENED_BEFORE)))


async def _run(job: LoadJob) -> LoadAnswer:
    async with open_session(job.timeout_s) as session:
        return await Sender(job, session).run()


if __name__ == "__main__":
    answer = asyncio.run(_run(LoadJob.model_validate_json(sys.stdin.read())))
    sys.stdout.write(answer.model_dump_json())
