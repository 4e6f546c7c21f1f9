"""The real server of a package, started from it as a user does, for as long as a test speaks to it."""

import os
import signal
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.patience import PATIENCE_S, wait_until

# A server that is asked to end answers what it has first.
GRACE_S = 30


def answers(url: str) -> bool:
    """Return whether a server says that it is ready."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def package_server(
    command: list[str], folder: Path, ready: Callable[[], bool], **variables: str
) -> Generator["subprocess.Popen[bytes]"]:
    """
    Start a server in `folder` and yield when it is ready; in the end no process of it is left.

    Args:
        command: What is typed.
        folder: Where it runs and writes its output, `output.txt`.
        ready: Whether it is ready now.
        variables: More of its environment.
    """
    output = folder / "output.txt"
    # Without the sources here: a package brings what it needs.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {**kept, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder), **variables}
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until(lambda: ready() or process.poll() is not None, PATIENCE_S)
        assert process.poll() is None, output.read_text(errors="replace")[-5000:]
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end, then end what is left of its processes, which share its session."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(GRACE_S)
