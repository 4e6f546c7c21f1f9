"""Start the engine for a command: one run at a time, each resource shown as it is done."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pulumi.automation.events import EngineEvent

from optimizers.errors import DeployError
from stacks.cli.console import say
from stacks.engine.exported_state import ExportedState, read_exported_state, refused_by_engine
from stacks.engine.locate import locate_engine
from stacks.engine.run import StackRun
from stacks.engine.run_result import UNSHOWN_TYPES, RunResult
from stacks.engine.single_run import single_run
from stacks.project import Project


@contextmanager
def stack_run(project: Project, stack: str, state_file: Path | None = None) -> Generator[StackRun]:
    """
    Yield the runs of a stack and hold the stack meanwhile.

    Args:
        project: The checkout.
        stack: Name of the stack.
        state_file: An exported state to start from, in a backend of its own that is thrown away; None for the stack's own.

    Raises:
        Busy: Another command holds it.
        InvalidArgs: The file is no state of this stack and project, or a damaged one.
    """
    exported = None if state_file is None else read_exported_state(state_file, stack, project.name)
    with single_run(project, stack, say):
        engine = locate_engine(say)
        if exported is None or state_file is None:
            yield StackRun(project, stack, engine, on_event=_show, say=say)
            return
        if exported.hidden:
            say(f"state: {exported.hidden} secrets of the file are not read; what holds one shows as changed")
        with tempfile.TemporaryDirectory(prefix="model-serving-") as folder:
            run = StackRun(
                project, stack, engine, on_event=_show, say=say, backend=f"{Path(folder).as_uri()}?metadata=skip"
            )
            _take_state(run, exported, state_file)
            yield run


def _take_state(run: StackRun, exported: ExportedState, state_file: Path) -> None:
    try:
        run.take_state(exported)
    except DeployError as error:
        raise refused_by_engine(state_file, str(error)) or error from None


def judged_up(engine: StackRun) -> tuple[RunResult, RunResult | None]:
    """Return a preview that the policies judged, and what was done then: None where one refuses."""
    previewed = engine.preview()
    if previewed.refused:
        return previewed, None
    if previewed.alters:
        return previewed, engine.up()
    return previewed, replace(previewed, outputs=engine.outputs())


def _show(event: EngineEvent) -> None:
    started = event.resource_pre_event
    if started is None or started.metadata.type.startswith(UNSHOWN_TYPES):
        return
    operation = started.metadata.op.value
    if operation != "same":
        name = started.metadata.urn.rpartition("::")[2]
        mood = "would " if started.planning else ""
        say(f"engine: {mood}{operation} {name}")
