"""
`endpoint-overhead`: what the endpoint costs beyond the bare runtime, with the artifact that the lock chose for MiniLM.

The bare runtime is a call of the artifact's session on rows that are encoded already. Through the endpoint the same 128
token ids go over HTTP as JSON, from a client on the same cores. Both are measured in turns in one run.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.result import BenchmarkResult, write_result
from benchmarks.served_endpoint import served_endpoint
from components.embedded.readiness import PREDICT_PATH
from components.embedded.server_config import ServerConfig
from components.load.inputs import distinct_rows, measured_rows
from optimizers.errors import DeployError
from optimizers.hardware import detect
from optimizers.rows import RowEncoder
from optimizers.session import Session, open_session, read_manifest

COMMAND = "make bench ONLY=endpoint-overhead"
ROUNDS = 9
TURNS = 10
CALLS_PER_TURN = 4
SATURATED_ROUNDS = 5
SATURATED_S = 3.0
# Twice the most rows that a bare load has in flight, so that the next batch waits when one is done.
CLIENTS = 32
BATCH_SIZES = (1, 4, 8)
HIGHEST_OVERHEAD_MS = 2.5
LOWEST_SHARE = 0.85
SUCCESS = 200


def main() -> int:
    """Measure and return 1 if a goal is missed."""
    with served_endpoint() as endpoint:
        config = endpoint.config
        folder = Path(config.artifact_folder)
        session = open_session(folder, config.threads, config.streams)
        encoder = RowEncoder(read_manifest(folder), folder)
        rows = distinct_rows(measured_rows(folder, 128), seed=1)
        results = [_overhead(config, session, encoder, rows), _saturated(config, session, encoder, rows)]
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _overhead(config: ServerConfig, session: Session, encoder: RowEncoder, rows: Iterator[Any]) -> BenchmarkResult:
    differences = list[float]()
    bare_p50s, endpoint_p50s = list[float](), list[float]()
    # The standard library's client: a busier one would measure itself.
    with closing(HTTPConnection(config.host, config.port)) as client:

        def ask(row: list[int]) -> None:
            client.request("POST", PREDICT_PATH, json.dumps({"inputs": [row]}), {"content-type": "application/json"})
            response = client.getresponse()
            answers = json.loads(response.read())
            if response.status != SUCCESS:
                raise DeployError(f"the endpoint answered with status {response.status}: {answers}")

        for _ in range(ROUNDS):
            bare_ms, endpoint_ms = list[float](), list[float]()
            for _ in range(TURNS):
                bare_ms += _turn_ms(session.run, [encoder.encode([next(rows)]) for _ in range(CALLS_PER_TURN + 1)])
                endpoint_ms += _turn_ms(ask, [next(rows) for _ in range(CALLS_PER_TURN + 1)])
            bare_p50s.append(median(bare_ms))
            endpoint_p50s.append(median(endpoint_ms))
            differences.append(endpoint_p50s[-1] - bare_p50s[-1])
    value = median(differences)
    return _result(
        "endpoint-overhead",
        value,
        "ms",
        f"<= {HIGHEST_OVERHEAD_MS:g}",
        value <= HIGHEST_OVERHEAD_MS,
        differences,
        f"p50 {median(endpoint_p50s):.2f} ms through the endpoint, {median(bare_p50s):.2f} ms bare; client, server and "
        "model share the cores",
    )


def _turn_ms(call: Callable[[Any], object], inputs: list[Any]) -> list[float]:
    """Time each call but the first, which finds the caches filled by the other side."""
    call(inputs[0])
    samples = list[float]()
    for value in inputs[1:]:
        started = time.perf_counter()
        call(value)
        samples.append(1000 * (time.perf_counter() - started))
    return samples


def _saturated(config: ServerConfig, session: Session, encoder: RowEncoder, rows: Iterator[Any]) -> BenchmarkResult:
    bare_rps: dict[tuple[int, int], list[float]] = {(size, calls): [] for size in BATCH_SIZES for calls in (1, 2)}
    endpoint_rps = list[float]()
    for _ in range(SATURATED_ROUNDS):
        for (size, calls), found in bare_rps.items():
            found.append(_bare_rps(session, encoder, rows, size, calls))
        endpoint_rps.append(asyncio.run(_endpoint_rps(config, rows)))
    # The best load by its median: the highest of many noisy figures would be the luckiest one.
    best = max(bare_rps, key=lambda load: median(bare_rps[load]))
    ratios = [endpoint / bare for endpoint, bare in zip(endpoint_rps, bare_rps[best], strict=True)]
    value = median(ratios)
    return _result(
        "endpoint-overhead-throughput",
        value,
        "of the bare runtime's rows/s",
        f">= {LOWEST_SHARE:g}",
        value >= LOWEST_SHARE,
        ratios,
        f"{median(endpoint_rps):.1f} rows/s through the endpoint with {CLIENTS} clients, {median(bare_rps[best]):.1f} bare "
        f"with batch {best[0]} and {best[1]} calls at once, the best of {len(bare_rps)} loads; client, server and model "
        "share the cores",
    )


def _bare_rps(session: Session, encoder: RowEncoder, rows: Iterator[Any], batch_size: int, callers: int) -> float:
    batch = encoder.encode([next(rows) for _ in range(batch_size)])
    deadline = time.perf_counter() + SATURATED_S / len(BATCH_SIZES)

    def call() -> int:
        done = 0
        while time.perf_counter() < deadline:
            session.run(batch)
            done += batch_size
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        done = sum(future.result() for future in [threads.submit(call) for _ in range(callers)])
    return done / (time.perf_counter() - started)


async def _endpoint_rps(config: ServerConfig, rows: Iterator[Any]) -> float:
    """Return the answered rows a second of clients that each send their next request when the last is answered."""
    from aiohttp import ClientSession

    done = 0
    async with ClientSession() as session:

        async def client(until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                async with session.post(config.url + PREDICT_PATH, json={"inputs": [next(rows)]}) as response:
                    response.raise_for_status()
                    await response.read()
                    done += 1

        await asyncio.gather(*(client(time.perf_counter() + 1) for _ in range(CLIENTS)))
        done = 0
        started = time.perf_counter()
        await asyncio.gather(*(client(started + SATURATED_S) for _ in range(CLIENTS)))
    return done / (time.perf_counter() - started)


def _result(  # noqa: PLR0913, PLR0917 - the fields that differ between the two results
    name: str, value: float, unit: str, goal: str, ok: bool, samples: list[float], remark: str
) -> BenchmarkResult:
    return BenchmarkResult(
        name=name,
        value=value,
        unit=unit,
        goal=goal,
        ok=ok,
        samples=tuple(samples),
        spread=(min(samples), max(samples)),
        peer="the artifact's session in this process, in the same run",
        machine=detect(),
        versions={
            library: version(library)
            for library in ("bentoml", "openvino", "onnxruntime", "uvloop", "httptools", "aiohttp")
        },
        command=COMMAND,
        remark=remark,
    )


if __name__ == "__main__":
    sys.exit(main())
