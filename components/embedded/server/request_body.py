"""Take a request's body in as a whole, up to a limit."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

LENGTH_HEADER = b"content-length"
KIND_HEADER = b"content-type"
# What BentoML would not read as JSON; it answers a form that it cannot read as if the server had failed.
OTHER_KINDS = (b"multipart/form-data", b"application/vnd.bentoml+pickle")
TOO_LARGE, NOT_JSON = 413, 415
# No standard has a status for it and nobody receives it; web servers write this one to their logs.
CALLER_GONE = 499


class Refused(Exception):
    """A request is not passed on; `status` and the sentence are its answer."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


async def read_body(scope: Message, receive: Receive, limit: int) -> bytes:
    """
    Return the body, of at most `limit` bytes.

    Raises:
        Refused: It is longer, by its header or as it came, or no JSON, or the caller went away before its end.
    """
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if headers.get(KIND_HEADER, b"").partition(b";")[0].strip().lower() in OTHER_KINDS:
        raise Refused(
            NOT_JSON, "the body is of a kind that is not read; send JSON with `content-type: application/json`"
        )
    announced = headers.get(LENGTH_HEADER, b"")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(f"{int(announced)} bytes", limit)
    parts = list[bytes]()
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(CALLER_GONE, "the caller went away before the end of its request")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(f"more than {limit} bytes", limit)
        more = message.get("more_body", False)
    return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body in one message, and then what `receive` gives."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _too_large(got: str, limit: int) -> Refused:
    return Refused(TOO_LARGE, f"got a body of {got}; at most {limit} are allowed; send fewer rows in a request")
