"""`serving validate`."""

from stacks.cli.console import print_json, results
from stacks.cli.context import open_stack
from stacks.declared_traffic import declared_traffic


def run(stack: str, *, as_json: bool) -> None:
    """
    Print the complete spec, defaults filled in, or that it is valid, with the traffic's file that it names.

    Raises:
        InvalidArgs: No such stack, or the spec or that file breaks rules.
    """
    context = open_stack(stack)
    declared_traffic(context.spec, context.project)
    if as_json:
        print_json(context.spec.model_dump(mode="json"))
        return
    results().print(f"[green]valid[/]: stacks/Pulumi.{stack}.yaml; next: `serving up --stack {stack}`")
