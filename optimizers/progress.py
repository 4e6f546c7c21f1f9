"""How long work tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Receives the number of steps once, then one short text at the start of each step."""

    def begin(self, total: int) -> None:
        """Announce how many steps follow."""
        ...

    def step(self, text: str) -> None:
        """Announce the step that starts now."""
        ...


class SilentProgress:
    """A progress display that shows nothing."""

    def begin(self, total: int) -> None:
        """Ignore the number of steps."""

    def step(self, text: str) -> None:
        """Ignore the step."""
