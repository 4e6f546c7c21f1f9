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


@contextmanager
def single_run(project: Project, stack: str, say: Say) -> Generator[None]:
    """
    Hold the stack until the block ends; the hold dies with this process, however it dies.

    Raises:
        Busy: Another `serving` command, or a plain `pulumi` in our file backend, holds the stack.
    """
    project.private.mkdir(parents=True, exist_ok=True)
    held = project.private / f"{stack}.lock"
    holder = project.private / f"{stack}.pid"
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
        if psutil.pid_exists(process_id):
            raise Busy(
                f"process {process_id} is updating stack `{stack}`; wait until it ends, then run this command again"
            )
        path.unlink(missing_ok=True)
        say(f"engine: removed the lock that process {process_id} left when it was killed")
