"""The most memory that this process and all that it started had at once."""

import contextlib
import threading
from types import TracebackType
from typing import Self

import psutil

EVERY_S = 0.1


class PeakMemory:
    """
    Samples while a `with` block runs; also a progress display that knows in which step the peak was.

    Memory is the proportional set size: what processes share is counted once.

    Attributes:
        by_step: Step to the most bytes during it.
    """

    def __init__(self) -> None:
        self.by_step: dict[str, int] = {}
        self._step = "start"
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._sampler.join()

    @property
    def peak(self) -> tuple[str, int]:
        """The step with the most, and the bytes."""
        return max(self.by_step.items(), key=lambda item: item[1])

    def begin(self, total: int) -> None:
        """Ignore the number of steps."""

    def step(self, text: str) -> None:
        """Remember the step that starts now."""
        self._step = text

    def detail(self, text: str) -> None:
        """Ignore what a step says of itself."""

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._ended.wait(EVERY_S):
            step, taken = self._step, 0
            for process in (this, *this.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    taken += int(process.memory_full_info().pss)
            self.by_step[step] = max(taken, self.by_step.get(step, 0))
