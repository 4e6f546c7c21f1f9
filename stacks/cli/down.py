"""`serving down`."""

from stacks.cli.changes import changes_line
from stacks.cli.console import print_json, results
from stacks.cli.context import project_of
from stacks.cli.stack_run import stack_run


def run(stack: str, *, as_json: bool) -> None:
    """Remove everything that the stack deployed."""
    with stack_run(project_of(stack), stack) as engine:
        result = engine.destroy()
    if as_json:
        print_json({"changes": result.changes, "changed": result.changed})
    elif result.changed:
        results().print(changes_line(result))
    else:
        results().print(f"nothing was deployed in stack `{stack}`")
