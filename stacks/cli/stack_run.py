"""Start the engine for a command: one run at a time, each resource shown as it is done."""

from collections.abc import Generator
from contextlib import contextmanager

from pulumi.automation.events import EngineEvent

from stacks.cli.console import say
from stacks.engine.locate import locate_engine
from stacks.engine.run import StackRun
from stacks.engine.run_result import UNSHOWN_TYPES
from stacks.engine.single_run import single_run
from stacks.project import Project


@contextmanager
def stack_run(project: Project, stack: str) -> Generator[StackRun]:
    """
    Yield the runs of a stack and hold the stack meanwhile.

    Raises:
        Busy: Another command holds it.
    """
    with single_run(project, stack, say):
        engine = locate_engine(say)
        yield StackRun(project, stack, engine, on_event=_show, say=say)


def _show(event: EngineEvent) -> None:
    started = event.resource_pre_event
    if started is None or started.metadata.type.startswith(UNSHOWN_TYPES):
        return
    operation = started.metadata.op.value
    if operation != "same":
        name = started.metadata.urn.rpartition("::")[2]
        mood = "would " if started.planning else ""
        say(f"engine: {mood}{operation} {name}")
