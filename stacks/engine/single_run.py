"""One run at a time for a stack, and no run blocked by one that was killed."""

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from optimizers.errors import Busy
from stacks.engine.build import Say
from stacks.engine.environment import own_state_folder
from stacks.project import Project

# A process's start is known to 10 ms.
CLOCK_TOLERANCE_S = 1.0
# The engine gets this variable from `serving`: the process id of the command that started it.
STARTED_BY = "MODEL_SERVING_STARTED_BY"
ORPHAN_TIMEOUT_S = 180


@contextmanager
def single_run(project: Project, stack: str, say: Say) -> Generator[None]:
    """
    Hold the stack until the block ends; the hold dies with this process, however it dies.

    Raises:
        Busy: Another `serving` command, or a plain `pulumi` in our file backend, holds the stack.
    """
    project.private.mkdir(parents=True, exist_ok=True)
    # The prefix keeps a stack called `optimize` apart from the lock of the build, which is in the same folder.
    held = project.private / f"stack-{stack}.lock"
    holder = project.private / f"stack-{stack}.pid"
    lock = FileLock(held)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        process_id = holder.read_text() if holder.is_file() else "unknown"
        raise Busy(
            f"another command holds stack `{stack}` (process {process_id}); wait until it ends, then run this one again"
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        _remove_stale_engine_locks(own_state_folder(project), stack, say)
        yield
    finally:
        lock.release()


def _remove_stale_engine_locks(state: Path, stack: str, say: Say) -> None:
    """Remove the engine's own lock files whose process on this machine is gone."""
    for path in (state / ".pulumi" / "locks").glob(f"**/{stack}/*.json"):
        try:
            content = json.loads(path.read_text())
            process_id, host = int(content["pid"]), str(content["hostname"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if host != socket.gethostname():
            continue
        if engine := _running(process_id, path.stat().st_mtime):
            _wait_for_orphan(engine, stack, say)
        path.unlink(missing_ok=True)
        say(f"engine: removed the lock that process {process_id} left when it was killed")


def _running(process_id: int, locked_at: float) -> psutil.Process | None:
    """Return the process that wrote a lock then, if it runs now; its number may belong to another one since."""
    try:
        process = psutil.Process(process_id)
        wrote = process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= locked_at + CLOCK_TOLERANCE_S
    except psutil.NoSuchProcess:
        return None
    return process if wrote else None


def _wait_for_orphan(engine: psutil.Process, stack: str, say: Say) -> None:
    """
    Wait for an engine whose `serving` was killed: this process has the hold, so no other command waits for it.

    Raises:
        Busy: The engine was started by somebody else, or does not end.
    """
    try:
        if not _is_ours(engine):
            raise Busy(
                f"process {engine.pid} is updating stack `{stack}`; wait until it ends, then run this command again"
            )
        say(f"engine: process {engine.pid} of a killed command is still updating stack `{stack}`; waiting for it")
        engine.wait(ORPHAN_TIMEOUT_S)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        raise Busy(
            f"process {engine.pid} of a killed command is still updating stack `{stack}` after {ORPHAN_TIMEOUT_S} s; "
            f"end it with `kill {engine.pid}`, then run this command again"
        ) from None


def _is_ours(engine: psutil.Process) -> bool:
    try:
        return STARTED_BY in engine.environ()
    except psutil.AccessDenied:  # another user's
        return False
