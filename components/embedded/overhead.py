"""Measure what a server on this machine adds to the model: start one, load it, and time bare calls in between."""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from components.embedded import deployment, process
from components.embedded.readiness import PREDICT_PATH
from components.embedded.requests import MAX_BODY_BYTES, MAX_ROWS
from components.embedded.server_config import ServerConfig
from components.embedded.server_inputs import ServerInputs
from components.load.inputs import measured_rows
from components.load.job import LoadAnswer, LoadJob, SaturationJob
from components.load.process import run_job
from optimizers.artifact import Artifact
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.errors import DeployError
from optimizers.goal import ParityThresholds
from optimizers.report import Report, ServerOverhead
from optimizers.rows import RowEncoder
from optimizers.session import Session, open_session, read_manifest
from optimizers.store import ArtifactStore

ROUNDS = 4
BARE = BenchmarkConfig(
    batch_sizes=(1,), concurrencies=(1,), warmup_calls=1, calls_per_turn=4, min_turns=1, budget_s=0.4
)
RESIZES = 10
# A server adds less than noise to slower models.
SLOWEST_MS = 250.0
# Enough that the next row waits when a call is done.
CALLERS = 4
SATURATED_S = 1.2
# A lone request finds threads asleep, as most requests of a low rate do; at this utilization the median one is alone.
LONE_UTILIZATION = 0.15
LONE_REQUESTS = 20
SHORTEST_S, LONGEST_S = 1.0, 8.0
HIGHEST_RATE_RPS = 100.0
TIMEOUT_S = 60
DIGITS = 3
LIBRARIES = ("aiohttp", "bentoml")


class Round(NamedTuple):
    """
    What one round measured, in ms.

    Attributes:
        bare_ms: Median time of a bare call of one row: first, after the saturation, last.
        apart_ms: Median time from one answer to the next while requests wait.
        lone_ms: Median response to a request that nothing delays.
        resize_ms: What a bare call of one row took longer after one of two rows than after one of one, in the median.
    """

    bare_ms: tuple[float, float, float]
    apart_ms: float
    lone_ms: float
    resize_ms: float = 0


def overhead_from(rounds: Sequence[Round]) -> ServerOverhead | None:
    """
    Return what the server adds: medians of all rounds, less that of the bare calls in between.

    None where bare calls differ by more than it adds: then the difference is the machine's as likely as the server's.
    """
    bare_ms = [call_ms for item in rounds for call_ms in item.bare_ms]
    if not bare_ms:
        return None
    lower_ms, bare_p50_ms, upper_ms = quantiles(bare_ms, n=4)
    busy_ms = median(item.apart_ms for item in rounds) - bare_p50_ms
    if busy_ms <= upper_ms - lower_ms:
        return None
    waiting_ms = median(item.lone_ms for item in rounds) - bare_p50_ms - busy_ms
    return ServerOverhead(
        busy_ms=round(busy_ms, DIGITS),
        # What noise made negative is none.
        waiting_ms=round(max(0.0, waiting_ms), DIGITS),
        resize_ms=round(max(0.0, median(item.resize_ms for item in rounds)), DIGITS),
    )


def can_measure(report: Report) -> bool:
    """Return whether the server and the client that loads it are installed, and the model is fast enough to tell."""
    single = report.candidate(report.chosen).at(1, 1)
    return single is not None and single.p50.value_ms <= SLOWEST_MS and all(map(find_spec, LIBRARIES))


def measure_overhead(
    store: ArtifactStore, artifact: Artifact, report: Report, run_folder: Path
) -> ServerOverhead | None:
    """
    Return what the server adds to calls of this artifact, in 20 to 60 s; None where the machine was too busy to tell.

    Args:
        store: Where the artifact lies.
        artifact: What the report chose.
        report: Threads and length of the rows.
        run_folder: The server's; always the same, so that one that outlived a killed measurement is found and ended.

    Raises:
        ArtifactError: The artifact is missing or changed.
        DeployError: The server does not become ready, or answers nothing.
        MissingExtra: The artifact takes text and `tokenizers` is not installed.
    """
    return overhead_from(measure_rounds(store, artifact, report, run_folder))


def measure_rounds(store: ArtifactStore, artifact: Artifact, report: Report, run_folder: Path) -> list[Round]:
    """Return the rounds that the overhead is made of; arguments and errors are those of `measure_overhead`."""
    folder = store.folder(artifact.sha256)
    deployment.remove(run_folder)
    config = _config(folder, artifact, report, run_folder)
    server = ServerInputs(
        config=config, run_folder=str(run_folder), endpoint_url=config.url, thresholds=ParityThresholds()
    )
    rounds = list[Round]()
    try:
        deployment.deploy(server)
        rows = measured_rows(folder, report.sequence_length)
        session = open_session(folder, report.threads, report.streams)
        encoder = RowEncoder(read_manifest(folder), folder)
        one, two = encoder.encode(rows[:1]), encoder.encode([rows[0], rows[0]])

        def bare_ms() -> float:
            [found] = measure({artifact.name: session}, {1: one}, BARE)[artifact.name]
            return found.p50.value_ms

        for number in range(ROUNDS):
            found = _round(config.url + PREDICT_PATH, rows, bare_ms, number)
            rounds.append(found._replace(resize_ms=_resize_ms(session, one, two)))
    finally:
        deployment.remove(run_folder)
    return rounds


def _round(url: str, rows: list[Any], bare_ms: Callable[[], float], number: int) -> Round:
    before_ms = bare_ms()
    saturated = _answered(
        SaturationJob(url=url, callers=CALLERS, seconds=SATURATED_S, seed=number, timeout_s=TIMEOUT_S, reference=rows)
    )
    between_ms = bare_ms()
    # The median, as of the bare calls: what else the machine does for a moment lengthens a few of either.
    apart_ms = 1000 * median(end_s - start_s for start_s, end_s in pairwise([0, *saturated.answered_s]))
    lone = _answered(lone_job(url, rows, apart_ms, seed=number + ROUNDS))
    return Round(bare_ms=(before_ms, between_ms, bare_ms()), apart_ms=apart_ms, lone_ms=median(lone.latencies_ms))


def _resize_ms(session: Session, one: Mapping[str, Any], two: Mapping[str, Any]) -> float:
    def call_ms() -> float:
        started = time.perf_counter()
        session.run(one)
        return 1000 * (time.perf_counter() - started)

    differences = list[float]()
    for _ in range(RESIZES):
        session.run(two)
        changed_ms = call_ms()
        differences.append(changed_ms - call_ms())
    return median(differences)


def lone_job(url: str, rows: list[Any], apart_ms: float, seed: int) -> LoadJob | SaturationJob:
    """Return requests that rarely meet; of a slow model one after the other, where it matters little what sleeps between."""
    rate_rps = min(HIGHEST_RATE_RPS, 1000 * LONE_UTILIZATION / apart_ms)
    seconds = max(SHORTEST_S, LONE_REQUESTS / rate_rps)
    if seconds > LONGEST_S:
        return SaturationJob(url=url, callers=1, seconds=SATURATED_S, seed=seed, timeout_s=TIMEOUT_S, reference=rows)
    return LoadJob(url=url, rate_rps=rate_rps, seconds=seconds, seed=seed, timeout_s=TIMEOUT_S, reference=rows)


def _answered(job: LoadJob | SaturationJob) -> LoadAnswer:
    answer = run_job(job)
    if not answer.latencies_ms:
        raise DeployError(f"the server answered none of the requests that measure it: {answer.errors}")
    return answer


def _config(folder: Path, artifact: Artifact, report: Report, run_folder: Path) -> ServerConfig:
    host = "127.0.0.1"
    return ServerConfig(
        name=artifact.name,
        artifact_folder=str(folder),
        artifact_sha256=artifact.sha256,
        model_version=artifact.sha256[:12],
        host=host,
        port=process.free_port(host),
        workers=1,
        threads=report.threads,
        streams=report.streams,
        max_batch_size=1,
        concurrent_calls=1,
        request_timeout_s=TIMEOUT_S,
        max_concurrency=MAX_ROWS,
        max_body_bytes=MAX_BODY_BYTES,
        max_rows=MAX_ROWS,
        cache_entries=0,
        log_file=str(run_folder / "events.jsonl"),
    )
