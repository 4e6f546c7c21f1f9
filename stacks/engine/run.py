"""Run the project's program with the engine, through the Automation API: the same program as `pulumi up` runs."""

import os
import re
import threading
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import psutil
from pulumi import automation
from pulumi.automation.errors import CommandError, ConcurrentUpdateError
from pulumi.automation.events import EngineEvent

from optimizers.errors import Busy, DeployError
from optimizers.lock import PROPOSED_VARIABLE
from stacks.engine.build import Say
from stacks.engine.diagnostics import failure
from stacks.engine.engine_command import LocatedCommand
from stacks.engine.environment import BACKEND, NO_DOWNLOADS, engine_environment, own_state_folder
from stacks.engine.exported_state import ExportedState
from stacks.engine.locate import Engine
from stacks.engine.providers.attached import ATTACHED, attached_providers, packages_of
from stacks.engine.providers.sdk_schema import installed_packages
from stacks.engine.run_result import RunResult
from stacks.engine.single_run import STARTED_BY
from stacks.project import Project

# The engine waits for ever where a program hangs; no run of this product takes as long.
TIMEOUT_S = 1800
# How the Automation API words the exit code of a process that a signal ended.
ENDED_BY_SIGNAL = re.compile(r"^ *code: -(\d+)$", re.MULTILINE)

OnEvent = Callable[[EngineEvent], None]


class StackRun:
    """
    The runs of one stack, which is created when it does not exist.

    Args:
        project: The checkout.
        stack: Name of the stack.
        engine: The engine to run.
        on_event: Called with each event of the engine, from another thread.
        say: Called with a line of text where a run is interrupted and has something to complete, or a limit is not judged
            by what its file says.
        backend: URL of the backend that holds the state; None for the one that the user is logged in to, or the project's.

    Every method raises `Busy` where another update holds the stack, and `DeployError` with the engine's own reason for
    anything else.
    """

    def __init__(  # noqa: PLR0913 - what runs, and where its state is
        self,
        project: Project,
        stack: str,
        engine: Engine,
        *,
        on_event: OnEvent | None = None,
        say: Say | None = None,
        backend: str | None = None,
    ) -> None:
        self._on_event = on_event
        self._say = say or _ignore
        self._packs = [str(project.root / "policies")]
        self._project, self._name = project, stack
        own_state_folder(project).mkdir(parents=True, exist_ok=True)
        chosen = {BACKEND: backend} if backend else {}
        options = automation.LocalWorkspaceOptions(
            pulumi_command=LocatedCommand(engine, self._say),
            env_vars={
                **engine_environment(project, engine, {**os.environ, **chosen}),
                **chosen,
                STARTED_BY: str(os.getpid()),
                PROPOSED_VARIABLE: str(project.proposed_locks or ""),
            },
        )
        with _guarded(RunResult()):
            self._stack = automation.create_or_select_stack(stack, work_dir=str(project.root), opts=options)

    def preview(self, *, offline: bool = False) -> RunResult:
        """
        Return what `up` would change and what the policies say of it, in `refused` what they forbid.

        Args:
            offline: Compare with the last state by providers of ours, which reach no cloud and no cluster.
        """
        # Imported here: it needs the policies, and no other run does.
        from stacks.running_cost import judged_configuration

        result = RunResult()
        providers = self._offline_providers() if offline else nullcontext()
        judged = judged_configuration(self._project, self._name, self.state, self._say)
        with judged as config, _guarded(result), providers:
            self._stack.preview(
                policy_packs=self._packs,
                policy_pack_configs=[str(config)] if config else None,
                on_event=self._taking(result),
                on_output=_ignore,
            )
        return result

    def up(self) -> RunResult:
        """Make it so. Policies are judged by `preview`, since here they would speak after the resources exist."""
        result = RunResult()
        with _guarded(result):
            done = self._stack.up(on_event=self._taking(result), on_output=_ignore)
            result.outputs = {key: output.value for key, output in done.outputs.items()}
        return result

    def refresh(self) -> RunResult:
        """Compare the state with what runs, and take over what is found."""
        result = RunResult()
        with _guarded(result):
            self._stack.refresh(on_event=self._taking(result), on_output=_ignore)
        return result

    def destroy(self) -> RunResult:
        """Remove everything that the stack holds."""
        result = RunResult()
        with _guarded(result):
            self._stack.destroy(on_event=self._taking(result), on_output=_ignore)
        return result

    def state(self) -> Mapping[str, Any]:
        """
        Return the stack's last state, in the form of `pulumi stack export`; nothing is looked up.

        The Automation API exports with `--show-secrets`: do not print or store it.
        """
        with _guarded(RunResult()):
            return self._stack.export_stack().deployment or {}

    def take_state(self, exported: ExportedState) -> None:
        """Replace the stack's state by one that was exported."""
        with _guarded(RunResult()):
            self._stack.import_stack(automation.Deployment(exported.version, exported.deployment))

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        with _guarded(RunResult()):
            return {key: output.value for key, output in self._stack.outputs().items()}

    @contextmanager
    def _offline_providers(self) -> Generator[None]:
        """Attach our providers of every package that the program may use or the state names."""
        workspace = self._stack.workspace
        online = workspace.env_vars
        packages = installed_packages() | packages_of(self.state())
        with attached_providers(packages) as addresses:
            workspace.env_vars = {**online, ATTACHED: addresses, NO_DOWNLOADS: "true"}
            try:
                yield
            finally:
                workspace.env_vars = online

    def _taking(self, result: RunResult) -> OnEvent:
        def take(event: EngineEvent) -> None:
            result.take(event)
            if self._on_event:
                self._on_event(event)

        return take


def _ignore(_line: str) -> None:
    """Drop the engine's own text, where the events say the same."""


@contextmanager
def _guarded(result: RunResult) -> Generator[None]:
    """Turn the Automation API's errors into ours, and end an engine that hangs."""
    timed_out = threading.Event()

    def end() -> None:
        timed_out.set()
        _end_engine()

    watchdog = threading.Timer(TIMEOUT_S, end)
    watchdog.daemon = True
    watchdog.start()
    try:
        with warnings.catch_warnings():
            # What the Automation API prints where an engine that was killed sends no more events.
            warnings.filterwarnings("ignore", message="Error in event stream")
            yield
    except ConcurrentUpdateError as error:
        raise Busy("another update holds this stack; wait for it, or run `pulumi cancel` if it was killed") from error
    except CommandError as error:
        if result.refused:
            return
        if timed_out.is_set():
            raise DeployError(f"the engine was ended after {TIMEOUT_S} s; run the same command again") from None
        if ended := ENDED_BY_SIGNAL.search(str(error)):
            raise DeployError(f"the engine was ended by signal {ended[1]}; run the same command again") from None
        raise DeployError(failure(result.errors, str(error))) from None
    finally:
        watchdog.cancel()


def _end_engine() -> None:
    for child in psutil.Process().children():
        if child.name() == "pulumi":
            child.terminate()
