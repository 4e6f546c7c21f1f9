"""`serving plan`."""

from components.embedded.inputs import read_and_plan
from components.endpoint_plan import EndpointPlan
from optimizers.errors import InvalidArgs, Issue
from stacks.arguments import embedded_inputs
from stacks.cli import scaling
from stacks.cli.choice_table import elsewhere_table
from stacks.cli.console import print_json, print_tables
from stacks.cli.context import StackContext, open_stack
from stacks.cli.plan_table import plan_table
from stacks.fleet import compare_targets
from stacks.locked_request import refuse_outdated_lock


def run(stack: str, *, as_json: bool, quick: bool = False) -> None:
    """
    Plan from the lock, without building, the engine or the network.

    Raises:
        InvalidArgs: `quick` for a task that chooses no machines.
    """
    context = open_stack(stack)
    if scaling.is_scaling(context):
        scaling.plan(context, as_json=as_json, quick=quick)
        return
    if quick:
        raise InvalidArgs("the arguments", (_nothing_to_hurry(context),))
    decided = decide(context)
    if as_json:
        print_json(decided.recorded())
    else:
        elsewhere = compare_targets(context.spec, context.project, stack)
        print_tables(plan_table(decided), elsewhere_table(elsewhere, decided.latency_sla_ms))


def _nothing_to_hurry(context: StackContext) -> Issue:
    return Issue(
        path="--quick",
        got=f"`task_type: {context.spec.task_type}`",
        rule="it is for `configure_scaling`, which chooses between many machines; this plan is the one that `up` records",
        fix="leave `--quick` out",
    )


def decide(context: StackContext) -> EndpointPlan:
    """Return the plan that the program will record for this stack."""
    inputs = embedded_inputs(context.spec, context.project, context.stack)
    refuse_outdated_lock(context.spec, context.project, context.stack)
    return read_and_plan(context.spec.name, inputs)
