"""`serving plan`."""

from components.embedded.inputs import read_and_plan
from components.endpoint_plan import EndpointPlan
from stacks.arguments import embedded_inputs
from stacks.cli.console import print_json, results
from stacks.cli.context import StackContext, open_stack
from stacks.cli.plan_table import plan_table
from stacks.locked_request import refuse_outdated_lock


def run(stack: str, *, as_json: bool) -> None:
    """Plan from the lock, without building, the engine or the network."""
    decided = decide(open_stack(stack))
    if as_json:
        print_json(decided.recorded())
    else:
        results().print(plan_table(decided))


def decide(context: StackContext) -> EndpointPlan:
    """Return the plan that the program will record for this stack."""
    inputs = embedded_inputs(context.spec, context.project, context.stack)
    refuse_outdated_lock(context.spec, context.project, context.stack)
    return read_and_plan(context.spec.name, inputs)
