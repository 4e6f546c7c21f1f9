"""Run the project's program with the engine, through the Automation API: the same program as `pulumi up` runs."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from pulumi import automation
from pulumi.automation.errors import CommandError, ConcurrentUpdateError
from pulumi.automation.events import EngineEvent
from semver import VersionInfo

from optimizers.errors import Busy, DeployError
from stacks.engine.diagnostics import failure, reasons
from stacks.engine.environment import engine_environment, own_state_folder
from stacks.engine.locate import Engine
from stacks.engine.single_run import STARTED_BY
from stacks.project import Project

# The engine waits for ever where a program hangs; no run of this product takes as long.
TIMEOUT_S = 1800
MANDATORY = "mandatory"
SAME = "same"
REPLACE = "replace"
STEPS_OF_A_REPLACEMENT = ("create-replacement", "delete-replaced", "discard-replaced")
# Resources that the engine adds, and that no user wrote.
UNSHOWN_TYPES = ("pulumi:providers:", "pulumi:pulumi:Stack")

OnEvent = Callable[[EngineEvent], None]


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """One thing that a policy said."""

    policy: str
    mandatory: bool
    message: str


@dataclass(slots=True)
class RunResult:
    """
    What a run did, or would do.

    Attributes:
        operations: Name of each resource to what was done: `same`, `create`, `update`, `replace` or `delete`.
        policies: What the policies said.
        outputs: The stack's outputs after the run; empty for a preview.
        errors: Lines of the error diagnostics.
    """

    operations: dict[str, str] = field(default_factory=dict[str, str])
    policies: list[PolicyReport] = field(default_factory=list[PolicyReport])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    errors: list[str] = field(default_factory=list[str])

    @property
    def changes(self) -> dict[str, int]:
        """Operation to number of resources."""
        return dict(Counter(self.operations.values()))

    @property
    def changed(self) -> dict[str, str]:
        """The operations of the resources that are not left the same."""
        return {name: operation for name, operation in self.operations.items() if operation != SAME}

    @property
    def refused(self) -> tuple[str, ...]:
        """What mandatory policies refuse, one sentence each."""
        return tuple(f"{said.policy}: {said.message}" for said in self.policies if said.mandatory)

    def take(self, event: EngineEvent) -> None:
        """Add what one event of the engine says."""
        if event.policy_event:
            said = event.policy_event
            # The first line repeats the policy's description.
            message = "\n".join(reasons(said.message)[1:]) or said.message
            self.policies.append(PolicyReport(said.policy_name, said.enforcement_level == MANDATORY, message))
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.errors.extend(reasons(event.diagnostic_event.message))
        outcome = event.res_outputs_event or event.res_op_failed_event
        if outcome and not outcome.metadata.type.startswith(UNSHOWN_TYPES):
            operation = outcome.metadata.op.value
            name = outcome.metadata.urn.rpartition("::")[2]
            self.operations[name] = REPLACE if operation in STEPS_OF_A_REPLACEMENT else operation


class LocatedCommand(automation.PulumiCommand):
    """The Automation API's command for an engine that was found, wherever it lies: an archive has no `bin` folder."""

    def __init__(self, engine: Engine) -> None:
        # Instead of the base class's, which asks the engine for its version once more.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)


class StackRun:
    """
    The runs of one stack, which is created when it does not exist.

    Args:
        project: The checkout.
        stack: Name of the stack.
        engine: The engine to run.
        on_event: Called with each event of the engine, from another thread.

    Every method raises `Busy` where another update holds the stack, and `DeployError` with the engine's own reason for
    anything else.
    """

    def __init__(self, project: Project, stack: str, engine: Engine, on_event: OnEvent | None = None) -> None:
        self._on_event = on_event
        self._packs = [str(project.root / "policies")]
        own_state_folder(project).mkdir(parents=True, exist_ok=True)
        options = automation.LocalWorkspaceOptions(
            pulumi_command=LocatedCommand(engine),
            env_vars={**engine_environment(project, engine, os.environ), STARTED_BY: str(os.getpid())},
        )
        with _guarded(RunResult()):
            self._stack = automation.create_or_select_stack(stack, work_dir=str(project.root), opts=options)

    def preview(self) -> RunResult:
        """Return what `up` would change and what the policies say of it, in `refused` what they forbid."""
        result = RunResult()
        with _guarded(result):
            self._stack.preview(policy_packs=self._packs, on_event=self._taking(result), on_output=_ignore)
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

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        with _guarded(RunResult()):
            return {key: output.value for key, output in self._stack.outputs().items()}

    def _taking(self, result: RunResult) -> OnEvent:
        def take(event: EngineEvent) -> None:
            result.take(event)
            if self._on_event:
                self._on_event(event)

        return take


def _ignore(_line: str) -> None:
    """Drop the engine's own text: the events say the same."""


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
        yield
    except ConcurrentUpdateError as error:
        raise Busy("another update holds this stack; wait for it, or run `pulumi cancel` if it was killed") from error
    except CommandError as error:
        if result.refused:
            return
        if timed_out.is_set():
            raise DeployError(f"the engine was ended after {TIMEOUT_S} s; run the same command again") from None
        raise DeployError(failure(result.errors, str(error))) from None
    finally:
        watchdog.cancel()


def _end_engine() -> None:
    for child in psutil.Process().children():
        if child.name() == "pulumi":
            child.terminate()
