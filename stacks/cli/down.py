"""`serving down`."""

from pathlib import Path

from components.embedded.deployment import remove
from components.embedded.process import run_folders, server_processes
from stacks.cli.changes import changes_line
from stacks.cli.console import print_json, results, say
from stacks.cli.context import project_of
from stacks.cli.stack_run import stack_run


def run(stack: str, *, as_json: bool) -> None:
    """Remove everything that the stack deployed, also what its state does not know of."""
    project = project_of(stack)
    with stack_run(project, stack) as engine:
        result = engine.destroy()
        forgotten = _remove_forgotten(project.run_path(stack))
    if as_json:
        print_json({"changes": result.changes, "changed": result.changed, "forgotten": forgotten})
    elif result.changed:
        results().print(changes_line(result))
    elif not forgotten:
        results().print(f"nothing was deployed in stack `{stack}`")


def _remove_forgotten(run_path: Path) -> list[str]:
    """Stop the servers that run although the state holds nothing any more: it was deleted, or is that of a login."""
    stopped = list[str]()
    for folder in run_folders(run_path):
        if server_processes(folder):
            stopped.append(folder.name)
            say(f"down: `{folder.name}` ran without being in the stack's state; stopped")
        remove(folder)
    return stopped
