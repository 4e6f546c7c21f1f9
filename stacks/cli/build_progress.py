"""Show the build step: a bar on a terminal, one line a step elsewhere."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stacks.cli.console import progress as progress_console


class BuildProgress:
    """Implements `optimizers.progress.Progress` on stderr."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def begin(self, total: int) -> None:
        """Start a build of `total` steps."""
        self._task = self._bar.add_task("optimize", total=total)

    def step(self, text: str) -> None:
        """Say what is done next; the step before it is complete."""
        if self._task is None:
            return
        task = self._bar.tasks[self._task]
        started = task.fields.get("started", False)
        self._bar.update(self._task, description=text, advance=1 if started else 0, started=True)
        if not self._bar.console.is_terminal:
            self._bar.console.print(f"optimize: {text}", soft_wrap=True, markup=False)

    def detail(self, text: str) -> None:
        """Say how far the step is."""
        if self._task is None:
            return
        if self._bar.console.is_terminal:
            self._bar.update(self._task, description=text)
        else:
            self._bar.console.print(f"optimize: {text}", soft_wrap=True, markup=False)


@contextmanager
def build_progress() -> Generator[BuildProgress]:
    """Yield a progress display that is gone when the build is done."""
    console = progress_console()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield BuildProgress(bar)
