"""How long work tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Receives the number of steps once, then one short text at the start of each step, and some during long ones."""

    def begin(self, total: int) -> None:
        """Announce how many steps follow."""
        ...

    def step(self, text: str) -> None:
        """Announce the step that starts now."""
        ...

    def detail(self, text: str) -> None:
        """Tell how far the step is that takes long."""
        ...


class SilentProgress:
    """A progress display that shows nothing."""

    def begin(self, total: int) -> None:
        """Ignore the number of steps."""

    def step(self, text: str) -> None:
        """Ignore the step."""

    def detail(self, text: str) -> None:
        """Ignore how far it is."""
