"""`serving refresh`."""

from stacks.cli.console import print_json, results
from stacks.cli.context import project_of
from stacks.cli.stack_run import stack_run


def run(stack: str, *, as_json: bool) -> None:
    """Take what runs into the state and name what drifted."""
    with stack_run(project_of(stack), stack) as engine:
        result = engine.refresh()
    drift = sorted(result.changed)
    if as_json:
        print_json({"drift": drift, "changed": result.changed})
    elif drift:
        results().print(
            f"[yellow]drift[/]: {', '.join(drift)} is not as it was deployed; `serving up --stack {stack}` repairs it"
        )
    elif result.operations:
        results().print("no drift: what runs is what was deployed")
    else:
        results().print(f"nothing is deployed; `serving up --stack {stack}` deploys")
