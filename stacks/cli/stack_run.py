"""Start the engine for a command: one run at a time, each resource shown as it is done."""

from collections.abc import Generator
from contextlib import contextmanager

from pulumi.automation.events import EngineEvent
from rich.console import Console
from rich.markup import escape

from stacks.cli.console import progress
from stacks.engine.locate import locate_engine
from stacks.engine.run import UNSHOWN_TYPES, StackRun
from stacks.engine.single_run import single_run
from stacks.project import Project


@contextmanager
def stack_run(project: Project, stack: str) -> Generator[StackRun]:
    """
    Yield the runs of a stack and hold the stack meanwhile.

    Raises:
        Busy: Another command holds it.
    """
    console = progress()

    def say(text: str) -> None:
        console.print(f"[dim]{escape(text)}[/]", soft_wrap=True)

    with single_run(project, stack, say):
        engine = locate_engine(say)
        yield StackRun(project, stack, engine, on_event=lambda event: _show(console, event))


def _show(console: Console, event: EngineEvent) -> None:
    started = event.resource_pre_event
    if started is None or started.metadata.type.startswith(UNSHOWN_TYPES):
        return
    operation = started.metadata.op.value
    if operation != "same":
        name = started.metadata.urn.rpartition("::")[2]
        mood = "would " if started.planning else ""
        console.print(f"[dim]engine: {mood}{operation} {name}[/]", soft_wrap=True)
