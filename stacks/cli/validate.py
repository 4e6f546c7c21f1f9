"""`serving validate`."""

from stacks.cli.console import print_json, results
from stacks.cli.context import open_stack


def run(stack: str, *, as_json: bool) -> None:
    """Print the complete spec, defaults filled in, or that it is valid."""
    context = open_stack(stack)
    if as_json:
        print_json(context.spec.model_dump(mode="json"))
        return
    results().print(f"[green]valid[/]: stacks/Pulumi.{stack}.yaml; next: `serving up --stack {stack}`")
