"""`serving outputs`."""

from typing import cast

from rich.markup import escape

from stacks.cli.console import print_json, results, table
from stacks.cli.context import project_of
from stacks.cli.stack_run import stack_run


def run(stack: str, *, as_json: bool) -> None:
    """Print `deployment_config`, `optimization_report` and `scaling_policy` of what is deployed."""
    with stack_run(project_of(stack), stack) as engine:
        outputs = engine.outputs()
    if as_json:
        print_json(outputs)
        return
    if not outputs:
        results().print(f"stack `{stack}` has no outputs: nothing is deployed; run `serving up --stack {stack}`")
        return
    shown = table(f"Outputs of stack `{stack}`", "output", "field", "value")
    for name, fields in outputs.items():
        for key, value in fields.items():
            shown.add_row(name, key, escape(_shown(value)))
    results().print(shown)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return ", ".join(f"{key} {_shown(item)}" for key, item in fields.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)
