"""A folder that takes no more than a few kilobytes."""

import resource
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

SIZE_BYTES = 64 << 10
FILE_SIZE_BYTES = 4 << 10


@contextmanager
def full_disk(folder: Path) -> Generator[str]:
    """
    Let `folder` run out of space; yield the system's words for it.

    A small file system is mounted there. Who may not mount gets a limit on the size of each file instead, which this
    process's children inherit.
    """
    mounted = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode == 0:
        try:
            yield "No space left on device"
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE_BYTES, hard))
    try:
        yield "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
