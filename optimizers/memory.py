"""How much memory a build may take, and what fits into it at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import psutil

from optimizers.errors import UnsupportedModel

GIB = 1 << 30
# Of what is free when it is asked for, other programs may want some in the meantime.
USABLE_SHARE = 0.8
# A build stays within so many times the size of its model, and what interpreters and libraries take besides.
MODEL_SIZES = 3
BESIDES_BYTES = GIB
CGROUP = Path("/sys/fs/cgroup")

Name = TypeVar("Name")


def free_bytes(cgroup: Path = CGROUP) -> int:
    """Return the memory that this process may still take: of the machine, or of its container where that has less."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used, kinds = (
            (cgroup / name).read_text().strip() for name in ("memory.max", "memory.current", "memory.stat")
        )
    except OSError:
        return free
    if not limit.isdigit():
        return free
    # Pages of files that were read once count as used, and the kernel gives them up when they are wanted.
    reclaimable = next((int(line.split()[1]) for line in kinds.splitlines() if line.startswith("inactive_file ")), 0)
    return min(free, max(0, int(limit) - int(used) + reclaimable))


def build_limit_bytes(model_size_bytes: int) -> int:
    """Return the most memory that a build of a model of this size takes."""
    return MODEL_SIZES * model_size_bytes + BESIDES_BYTES


def check_fits(location: str, size_bytes: int, free: int) -> None:
    """
    Refuse a model whose files alone are larger than the memory: the system would end the build half way.

    Args:
        location: Of the model, for the message.
        size_bytes: Of its files.
        free: Memory that may still be taken.

    Raises:
        UnsupportedModel: It does not fit.
    """
    if size_bytes > free:
        raise UnsupportedModel(
            f"{location}: its files have {size_bytes / GIB:.1f} GiB, {free / GIB:.1f} GiB of memory are free; "
            f"end other programs or build on a machine with at least {build_limit_bytes(size_bytes) / GIB:.0f} GiB"
        )


def room_bytes(model_size_bytes: int, taken: int, free: int) -> int:
    """
    Return the memory that sessions may take together: what the build has not used of its own limit, and is free.

    While a session opens, a runtime holds the file that it reads besides what it makes of it.

    Args:
        model_size_bytes: Of the original.
        taken: What the processes of the build have already.
        free: Memory that may still be taken.
    """
    return max(0, min(build_limit_bytes(model_size_bytes) - model_size_bytes - taken, int(USABLE_SHARE * free)))


def groups(needs: Mapping[Name, int], room: int) -> list[tuple[Name, ...]]:
    """
    Return all names in as few groups as come one after the other, in order; what fits nowhere is a group of its own.

    Args:
        needs: Bytes that each one takes.
        room: Bytes that a group may take.
    """
    found, taken = list[list[Name]](), 0
    for name, need in needs.items():
        if not found or taken + need > room:
            found.append([])
            taken = 0
        found[-1].append(name)
        taken += need
    return [tuple(group) for group in found]
