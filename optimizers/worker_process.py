"""Start and end processes of this package that do what may crash, hang or take all memory."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

WATCH_S = 0.5
MEMORY = "was killed, as the system does when memory runs out; build where more is free"


def start_worker(module: str, temporary: Path, *, is_heard: bool = False) -> "subprocess.Popen[bytes]":
    """
    Start `python -m module`, which leads a process group of its own and is told on stdin what to do.

    Args:
        module: One that begins with `end_with_parent`.
        temporary: Folder for its temporary files, which a process that is killed leaves behind.
        is_heard: Whether its stdout is read; else what it prints is thrown away.
    """
    # It finds the modules that this process finds: what lies in the current folder only where that counts here too.
    found = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    environment = {**os.environ, "PYTHONPATH": found, "TMPDIR": str(temporary)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if is_heard else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def end_worker(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process, and those that it started, whether it still runs or crashed and left them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def crash(code: int) -> str:
    """Return how a process ended that gave no answer, after its name: `crashed: its process ended by SIGSEGV`."""
    if code == -signal.SIGKILL:
        return MEMORY
    return "crashed: its process ended " + (
        f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    )


def end_with_parent() -> None:
    """
    In the worker, first of all: end it with all that it started as soon as the process that started it is gone.

    A process of its own watches, since a library that hangs need not give Python a turn.
    """
    worker, parent = os.getpid(), os.getppid()
    if os.fork():
        return
    for descriptor in range(3):
        os.close(descriptor)
    with contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(worker).ppid() == parent:
            time.sleep(WATCH_S)
    os.killpg(os.getpgrp(), signal.SIGKILL)
