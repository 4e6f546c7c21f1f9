"""One request of a load, how it is sent, and how it ended."""

from typing import Any

SUCCESS = 200


def open_session(timeout_s: float) -> Any:  # noqa: ANN401 - aiohttp is imported where it is needed
    """Return the client of a load: a request is never held back for a free connection, and fails after so many seconds."""
    from aiohttp import ClientSession, ClientTimeout, TCPConnector

    return ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=timeout_s))


async def failure(session: Any, url: str, row: Any) -> str | None:  # noqa: ANN401 - as above
    """Send one row, read the answer, and return why it counts as an error: `timeout`, `connection`, `status 429`; else None."""
    from aiohttp import ClientError

    try:
        async with session.post(url, json={"inputs": [row]}) as response:
            await response.read()
            return None if response.status == SUCCESS else f"status {response.status}"
    except TimeoutError:
        return "timeout"
    except (ClientError, OSError):
        return "connection"
