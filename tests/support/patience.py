"""Wait for what another process or thread does."""

import time
from collections.abc import Callable
from typing import TypeVar

# No test waits a tenth as long on an idle machine.
PATIENCE_S = 300
POLL_S = 0.02

Found = TypeVar("Found")


def wait_until(found: Callable[[], Found | None], patience_s: float = PATIENCE_S) -> Found:
    """Return the first true answer of `found`; fail where even a very busy machine would have given one."""
    deadline = time.monotonic() + patience_s
    while not (answer := found()):
        assert time.monotonic() < deadline, f"it did not come true in {patience_s} s"
        time.sleep(POLL_S)
    return answer
