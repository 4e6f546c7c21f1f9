"""The engine as a command of the Automation API, ended by Ctrl-C only after the step that it is at."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi import automation
from semver import VersionInfo

from stacks.engine.build import Say
from stacks.engine.locate import Engine

OnOutput = Callable[[str], Any]


class LocatedCommand(automation.PulumiCommand):
    """The Automation API's command for an engine that was found, wherever it lies: an archive has no `bin` folder."""

    def __init__(self, engine: Engine, say: Say) -> None:
        # Instead of the base class's, which asks the engine for its version once more.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)
        self._say = say

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> automation.CommandResult:
        """
        Run the engine to its end, also where Ctrl-C ends this process then.

        The terminal interrupts the engine too, which completes and records the step that it is at. The base class would
        leave it alone with that and close its output, which kills it in the middle of the step.
        """
        # Only the main thread is interrupted, and the end of the block waits for the other one.
        with ThreadPoolExecutor(max_workers=1) as other:
            running = other.submit(super().run, args, cwd, additional_env, on_output, on_error)
            try:
                return running.result()
            except KeyboardInterrupt:
                self._say("engine: completing the step that it is at; Ctrl-C again ends it at once")
                raise
