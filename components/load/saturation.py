"""
Keep an endpoint busy: callers that each send their next request when the last is answered (`python -m components.load.saturation`).

It tells how many requests an endpoint can answer, and nothing of how long requests take that come when they come:
`components.load.generator` does. Reads a `SaturationJob` from stdin and writes a `LoadAnswer` to stdout, both as JSON.
"""

import asyncio
import sys
import time
from collections import Counter

from components.load.inputs import distinct_rows
from components.load.job import LoadAnswer, SaturationJob
from components.load.request import failure, open_session


async def _run(job: SaturationJob) -> LoadAnswer:
    rows = distinct_rows(job.reference, job.seed)
    latencies_ms, answered_s, errors = list[float](), list[float](), Counter[str]()
    async with open_session(job.timeout_s) as session:

        async def call() -> None:
            while (sent := time.perf_counter()) < started + job.seconds:
                error = await failure(session, job.url, next(rows))
                if error is None:
                    answered_s.append(time.perf_counter() - started)
                    latencies_ms.append(1000 * (started + answered_s[-1] - sent))
                else:
                    errors[error] += 1

        started = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(job.callers)))
        elapsed_s = time.perf_counter() - started
    return LoadAnswer(
        latencies_ms=latencies_ms, errors=dict(errors), lags_ms=[], elapsed_s=elapsed_s, answered_s=answered_s
    )


if __name__ == "__main__":
    answer = asyncio.run(_run(SaturationJob.model_validate_json(sys.stdin.read())))
    sys.stdout.write(answer.model_dump_json())
