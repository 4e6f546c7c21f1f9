"""One request of a load, and how it ended."""

from typing import Any

SUCCESS = 200


async def failure(session: Any, url: str, row: Any) -> str | None:  # noqa: ANN401 - aiohttp is imported where it is needed
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
