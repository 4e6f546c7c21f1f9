"""Follow each request: identify it, limit how many wait, time it, log it, count it."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from components.embedded.server.event_log import Event, EventLog
from components.embedded.server.metrics import ServerMetrics
from components.embedded.server.request_body import Message, Receive, Refused, read_body, replay

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PREDICT_PATH = "/predict"
ID_HEADER = b"x-request-id"
LONGEST_ID = 128
CLIENT_ERROR, TOO_MANY, FAILED, UNAVAILABLE = 400, 429, 500, 503


@dataclass(slots=True)
class RequestRecord:
    """What is known of a request while it is answered; the batch writes into it."""

    request_id: str
    body_bytes: int = 0
    batch_size: int = 0
    error: str | None = None


CURRENT: ContextVar[RequestRecord] = ContextVar("request")


class RequestLog:
    """
    ASGI middleware around the predictions; other paths pass through.

    Args:
        app: The application inside.
        log: Where events go.
        metrics: What is counted.
        max_concurrency: Requests inside at once; one more is answered with status 429.
        max_body_bytes: Longest body of a request; a longer one is answered with status 413.
    """

    def __init__(
        self, app: App, *, log: EventLog, metrics: ServerMetrics, max_concurrency: int, max_body_bytes: int
    ) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics
        self._max_concurrency = max_concurrency
        self._max_body_bytes = max_body_bytes
        self._inside = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != PREDICT_PATH:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        record = RequestRecord(_request_id(scope))
        status = UNAVAILABLE

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (ID_HEADER, record.request_id.encode())]
            await send(message)

        self._inside += 1
        token = CURRENT.set(record)
        try:
            self._refuse_one_too_many()
            body = await read_body(scope, receive, self._max_body_bytes)
            record.body_bytes = len(body)
            await self._app(scope, replay(body, receive), send_with_id)
        except Refused as refused:
            await _answer(send_with_id, refused)
        finally:
            # A request that takes too long is cancelled from outside, and no status was sent for it.
            CURRENT.reset(token)
            self._inside -= 1
            self._record(record, status, (time.perf_counter() - started) * 1000)

    def _refuse_one_too_many(self) -> None:
        if self._inside > self._max_concurrency:
            raise Refused(TOO_MANY, f"{self._max_concurrency} requests are being answered; try again later")

    def _record(self, record: RequestRecord, status: int, latency_ms: float) -> None:
        event = _event(status)
        if event is not Event.REQUEST_PROCESSED:
            self._metrics.failed()
        elif status < CLIENT_ERROR:
            self._metrics.answered(latency_ms)
        reason = {"reason": record.error} if record.error else {}
        self._log.write(
            event,
            request_id=record.request_id,
            latency_ms=round(latency_ms, 3),
            batch_size=record.batch_size,
            status=status,
            **reason,
        )


def _event(status: int) -> Event:
    if status == TOO_MANY:
        return Event.QUEUE_FULL
    if status < FAILED:
        return Event.REQUEST_PROCESSED
    return Event.BATCH_TIMEOUT if status >= UNAVAILABLE else Event.INFERENCE_ERROR


def _request_id(scope: Message) -> str:
    """Return the caller's id if it is short and printable, so that a log line cannot be forged, else a new one."""
    for name, value in scope["headers"]:
        if name == ID_HEADER:
            text: str = value.decode("latin-1")
            if 0 < len(text) <= LONGEST_ID and text.isascii() and text.isprintable():
                return text
    return secrets.token_hex(8)


async def _answer(send: Send, refused: Refused) -> None:
    headers = [(b"content-type", b"application/json")]
    if refused.status == TOO_MANY:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": str(refused)}).encode()})
