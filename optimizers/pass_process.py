"""Start a process for passes, and tell how it ended: a crash or a hang costs one candidate, not the build."""

import contextlib
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from pydantic import ValidationError

from optimizers.errors import ArtifactError, MissingExtra
from optimizers.pass_job import PassAnswer, PassJob
from optimizers.pass_progress import told_lines
from optimizers.passes import FormedModel
from optimizers.worker_process import crash, end_worker, start_worker

MODULE = "optimizers.pass_worker"
DISK_FULL_BYTES = 16 << 20
# How often what passes tell is looked at.
TOLD_EVERY_S = 0.5


class PassFailed(ArtifactError):
    """A library could not convert this model; the other candidates are not concerned."""


def _nobody(_line: str) -> None:
    """Hear nothing."""


def run_passes(job: PassJob, name: str, timeout_s: float, tell: Callable[[str], None] = _nobody) -> FormedModel:
    """
    Run the passes of `job` in a process of their own and return what the last one gave.

    Args:
        job: What to do.
        name: Of the passes, for messages.
        timeout_s: The process is ended after so many seconds.
        tell: Called with each line that a pass tells of its progress.

    Raises:
        PassFailed: A library cannot convert this model, crashed, or did not end in time.
        MissingExtra: A library is not installed.
        OSError: The disk is full or not writable.
    """
    process = start_worker(MODULE, job.answer.parent)
    try:
        with contextlib.suppress(BrokenPipeError):
            told = cast("IO[bytes]", process.stdin)
            told.write(f"{job.model_dump_json()}\n".encode())
            told.flush()
        if not _ended(process, timeout_s, job.folder, tell):
            raise PassFailed(f"{name} did not end within {timeout_s:g} s and was stopped")
    finally:
        end_worker(process)
    return _result(job, name, process.returncode)


def _ended(process: "subprocess.Popen[bytes]", timeout_s: float, folder: Path, tell: Callable[[str], None]) -> bool:
    """Wait, hand on what the passes tell meanwhile, and return whether the process ended in time."""
    deadline, told = time.monotonic() + timeout_s, 0
    while True:
        left_s = deadline - time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, min(left_s, TOLD_EVERY_S)))
        lines = told_lines(folder, told)
        told += len(lines)
        for line in lines:
            tell(line)
        if process.returncode is not None:
            return True
        if left_s <= 0:
            return False


def _result(job: PassJob, name: str, code: int) -> FormedModel:
    try:
        answer = PassAnswer.model_validate_json(job.answer.read_bytes())
    except (OSError, ValidationError):
        raise _crash(job.folder, name, code) from None
    if answer.model is not None:
        return answer.model.formed()
    if answer.missing is not None:
        raise MissingExtra(answer.missing.extra, answer.missing.purpose)
    if answer.disk is not None:
        raise OSError(answer.disk.number, answer.disk.reason)
    _raise_if_full(job.folder)
    if answer.refusal is None:
        raise _crash(job.folder, name, code)
    raise PassFailed(f"{answer.refusal.step} cannot convert this model ({answer.refusal.reason})")


def _crash(folder: Path, name: str, code: int) -> PassFailed:
    _raise_if_full(folder)
    return PassFailed(f"{name} {crash(code)}")


def _raise_if_full(folder: Path) -> None:
    """Blame the disk where it is full: libraries report that in many ways."""
    if shutil.disk_usage(folder).free < DISK_FULL_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
