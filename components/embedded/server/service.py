"""
The BentoML service: `bentoml serve components.embedded.server.service:Endpoint`.

`POST /predict` with `{"inputs": [row, …]}` answers a JSON array with one answer for each row. The rows of all waiting
requests are batched. A row is checked when its request arrives, so a bad one never fails another request's batch.
"""

import asyncio
import gc
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import bentoml
import orjson
from pydantic import Field, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError
from starlette.responses import Response

from components.embedded.process import OUTPUT_NAME
from components.embedded.server.answer_cache import MISSING, AnswerCache
from components.embedded.server.batcher import Batcher
from components.embedded.server.event_log import Event, EventLog
from components.embedded.server.memory_watch import killed_predecessors, out_of_memory_kills
from components.embedded.server.metrics import ServerMetrics, with_contract_names
from components.embedded.server.model import NOT_FINITE, EncodedRow, ServedModel
from components.embedded.server.output_file import keep_short
from components.embedded.server.request_log import CURRENT, FAILED, PREDICT_PATH, RequestLog, RequestRecord
from components.embedded.server_config import CONFIG_VARIABLE, WARM_UP_CALLS, ServerConfig
from optimizers.errors import InvalidRow, ServingError

# Checking this much takes up to 15 ms; a longer body is checked in a thread, so that other requests needn't wait for it.
LARGEST_AT_ONCE_BYTES = 16 * 2**10
OTLP_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"

CONFIG = ServerConfig.model_validate_json(Path(os.environ[CONFIG_VARIABLE]).read_bytes())
LOG = EventLog(Path(CONFIG.log_file), CONFIG.model_version)
METRICS = ServerMetrics()
# BentoML times and counts each request too, and opens a span for it even where no collector is. Our own log and metrics
# say the same, so both are left out: together they took 0.4 ms of a request (`make bench ONLY=endpoint-overhead`).
NOT_COUNTED_AGAIN = [PREDICT_PATH, "/metrics", "/healthz", "/livez", "/readyz"]
NOT_TRACED: Any = {"excluded_urls": PREDICT_PATH}
# The exporter reads the collector's address, and whether to encrypt, from the standard `OTEL_EXPORTER_OTLP_*` variables.
TRACED: Any = {
    "exporter_type": "otlp",
    "otlp": {"protocol": "grpc"},
    "sample_rate": CONFIG.trace_sample_ratio,
    "timeout": 5,
}


Row = Annotated[Any, WithJsonSchema({"description": "A text, token ids, or numbers."})]


class QueuedRow(NamedTuple):
    """A checked row on its way into a batch, with the request that it belongs to."""

    encoded: EncodedRow
    record: RequestRecord


class Loaded:
    """The model of this worker; set before the first request arrives."""

    model: ServedModel


def _queue(rows: Sequence[Any], record: RequestRecord) -> list[QueuedRow]:
    """
    Check the rows of one request.

    Raises:
        ValidationError: It lists every row that does not fit; BentoML answers it with status 400.
    """
    queued, issues = list[QueuedRow](), list[InitErrorDetails]()
    for index, row in enumerate(rows):
        try:
            queued.append(QueuedRow(Loaded.model.encode(index, row), record))
        except InvalidRow as error:
            said = {"got": error.issue.got, "rule": error.issue.rule, "fix": error.issue.fix}
            kind = PydanticCustomError("invalid_row", "got {got}; {rule}; {fix}", said)
            issues.append(InitErrorDetails(type=kind, loc=("inputs", index), input=None))
    if issues:
        raise ValidationError.from_exception_data("Input", issues)
    return queued


def _call(queued: Sequence[QueuedRow]) -> list[Any]:
    """Answer one batch, and tell each of its requests how large it was or why it failed."""
    for row in queued:
        row.record.batch_size = max(row.record.batch_size, len(queued))
    try:
        return Loaded.model.answer([row.encoded for row in queued])
    except Exception as error:
        for row in queued:
            row.record.error = f"{type(error).__name__}: {error}"
        raise


def _response(content: object, status: int = 200) -> list[Any]:
    """Return a response; BentoML derives a JSON Schema for all else, which takes longer than writing the answer."""
    response: list[Any] = cast("Any", Response(orjson.dumps(content), status, media_type="application/json"))
    return response


@bentoml.service(
    name=CONFIG.name,
    workers=CONFIG.workers,
    threads=1,
    traffic={"timeout": CONFIG.request_timeout_s},
    logging={"access": {"enabled": False, "skip_paths": NOT_COUNTED_AGAIN}},
    tracing=TRACED if OTLP_VARIABLE in os.environ else NOT_TRACED,
)
class Endpoint:
    """Answers rows with the artifact that the configuration names."""

    def __init__(self) -> None:
        started = time.perf_counter()
        keep_short(Path(CONFIG.log_file).parent / OUTPUT_NAME)
        for process_id in killed_predecessors(Path(CONFIG.log_file).parent, out_of_memory_kills()):
            LOG.write(Event.OOM_KILLED, process_id=process_id)
        try:
            Loaded.model = ServedModel(
                Path(CONFIG.artifact_folder), CONFIG.threads, CONFIG.max_batch_size, CONFIG.streams
            )
            Loaded.model.warm_up(WARM_UP_CALLS)
        except Exception as error:
            reason = str(error) if isinstance(error, ServingError) else f"{type(error).__name__}: {error}"
            LOG.write(Event.MODEL_LOAD_FAILED, reason=reason)
            raise
        seconds = time.perf_counter() - started
        self._cache = AnswerCache(CONFIG.cache_entries)
        # One thread: large requests take turns, and the event loop has one rival for the interpreter, not many.
        self._large_requests = ThreadPoolExecutor(1, "large-requests")
        self._batcher = Batcher(_call, CONFIG.max_batch_size, CONFIG.concurrent_calls)
        # What is loaded stays: the garbage collector need not look at it between requests.
        gc.collect()
        gc.freeze()
        METRICS.loaded(seconds)
        LOG.write(Event.MODEL_LOADED, load_time_s=round(seconds, 3), process_id=os.getpid())

    @bentoml.api(route=PREDICT_PATH)  # type: ignore[untyped-decorator]  # BentoML has no types
    async def predict(self, inputs: Annotated[list[Row], Field(min_length=1, max_length=CONFIG.max_rows)]) -> list[Any]:
        """Answer the rows of one request."""
        record = CURRENT.get()
        if record.body_bytes <= LARGEST_AT_ONCE_BYTES:
            queued = _queue(inputs, record)
        else:
            loop = asyncio.get_running_loop()
            queued = await loop.run_in_executor(self._large_requests, _queue, inputs, record)
        answers = self._cache.find(inputs)
        missing = [index for index, answer in enumerate(answers) if answer is MISSING]
        if missing:
            computed = await self._batcher.answer([queued[index] for index in missing])
            for index, answer in zip(missing, computed, strict=True):
                if answer is NOT_FINITE:
                    record.error = f"the model's answer to inputs[{index}] holds NaN or infinity; send another row"
                    return _response({"error": record.error}, FAILED)
                answers[index] = answer
            self._cache.keep([inputs[index] for index in missing], computed)
        METRICS.cache(self._cache.hit_rate)
        return _response(answers)

    def __metrics__(self, exposition: str) -> str:
        """Return the metrics with the contract's names; BentoML calls this at each scrape."""
        return with_contract_names(exposition)


Endpoint.add_asgi_middleware(  # type: ignore[attr-defined]  # the decorator made it a service
    RequestLog,  # pyright: ignore[reportArgumentType] - BentoML's protocol describes the class, not its instances
    log=LOG,
    metrics=METRICS,
    max_concurrency=CONFIG.max_concurrency,
    max_body_bytes=CONFIG.max_body_bytes,
)
