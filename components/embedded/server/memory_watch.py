"""Find out whether the kernel killed the worker before this one for want of memory: the dead can't log it themselves."""

import atexit
import os
import re
from pathlib import Path

import psutil

KERNEL_COUNTERS = Path("/proc/vmstat")
FOLDER = "workers"


def out_of_memory_kills(counters: Path = KERNEL_COUNTERS) -> int:
    """Return how many processes this kernel has killed for want of memory since it started; 0 where it doesn't tell."""
    try:
        found = re.search(r"^oom_kill (\d+)$", counters.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def killed_predecessors(run_folder: Path, kills: int) -> list[int]:
    """
    Return the process ids of workers that ended without a word while the kernel was killing for want of memory.

    Notes that this process runs now, until it ends in good order. Call it once, when a worker starts.

    Args:
        run_folder: The server's folder.
        kills: What `out_of_memory_kills` returns now.
    """
    folder = run_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    killed = list[int]()
    for note in folder.iterdir():
        process_id = int(note.name)
        if process_id != os.getpid() and psutil.pid_exists(process_id):
            continue
        if int(note.read_text() or 0) < kills:
            killed.append(process_id)
        note.unlink(missing_ok=True)
    own = folder / str(os.getpid())
    own.write_text(str(kills))
    atexit.register(own.unlink, missing_ok=True)
    return sorted(killed)
