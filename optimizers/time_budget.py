"""How much of the time is left that a build may take."""

import math
import time
from collections.abc import Callable

# Of the budget, so that what was built can be compared well enough to choose.
MEASUREMENT_SHARE = 1 / 3


class TimeBudget:
    """
    A wall time that starts now.

    Args:
        seconds: For everything; None where nothing limits it.
        now: The clock, in seconds.
    """

    def __init__(self, seconds: float | None, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._started = now()

    @property
    def left_s(self) -> float:
        """Seconds that are left; infinite without a limit, negative once it is passed."""
        return math.inf if self.seconds is None else self.seconds - (self._now() - self._started)

    @property
    def left_to_build_s(self) -> float:
        """Seconds that are left before measuring has to start."""
        return math.inf if self.seconds is None else self.left_s - MEASUREMENT_SHARE * self.seconds

    @property
    def remark(self) -> str:
        """What is left, to be put after the name of a step; empty without a limit."""
        return "" if self.seconds is None else f", {max(0.0, self.left_s):.0f} s left"
