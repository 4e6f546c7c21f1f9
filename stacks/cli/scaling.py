"""`serving plan` and `up` for the task `configure_scaling`: choose machines, record the choice."""

from typing import Any

from components.capacity.quick import predict_briefly, predict_by_formula
from components.choice.choices import Choices
from components.choice.outputs import cost_estimate, resource_limits, scaling_policy
from optimizers.errors import PlanError, PolicyViolation
from optimizers.vocabulary import TaskType
from stacks.cli.choice_table import choice_tables
from stacks.cli.console import print_json, print_tables
from stacks.cli.context import StackContext
from stacks.cli.exit import refuse
from stacks.cli.optimize import build
from stacks.fleet import choose_fleet

BY_FORMULA = (
    "planned by formula alone, nothing simulated: it may be wrong where requests are batched or come in bursts; `serving plan` "
    "without `--quick`, `preview` and `up` simulate and may choose otherwise"
)


def is_scaling(context: StackContext) -> bool:
    """Whether the stack chooses machines instead of deploying."""
    return context.spec.task_type is TaskType.CONFIGURE_SCALING


def plan(context: StackContext, *, as_json: bool, quick: bool = False) -> None:
    """Show the choice, from the lock and the catalog alone; `quick` simulates nothing, and says so."""
    try:
        choices = choose_fleet(
            context.spec, context.project, context.stack, predict_by_formula if quick else predict_briefly
        )
    except PlanError as error:
        if quick:
            raise type(error)(f"{error}; {BY_FORMULA}") from None
        raise
    if as_json:
        print_json({"method": choices.plan.chosen.method, **document(choices)})
    else:
        print_tables(*([BY_FORMULA] if quick else []), *choice_tables(choices))


def up(context: StackContext, *, as_json: bool) -> None:
    """Build what is missing, choose, let the policies judge, and record."""
    # Imported here: they load the engine's SDK, and a plan needs none.
    from stacks.cli.changes import changes_line
    from stacks.cli.policy_table import policy_table, verdicts
    from stacks.cli.stack_run import judged_up, stack_run
    from stacks.policy_config import configured_policies

    configured = configured_policies(context.project, context.stack)
    if context.spec.promotion is None:
        build(context)
    choices = choose_fleet(context.spec, context.project, context.stack)
    with stack_run(context.project, context.stack) as engine:
        previewed, done = judged_up(engine)
    found = verdicts(previewed, configured)
    if as_json:
        outputs = {} if done is None else done.outputs
        print_json({**document(choices), **outputs, "changes": (done or previewed).changes, "policies": found})
    else:
        print_tables(*choice_tables(choices), policy_table(found))
        if done is not None:
            print_tables("", changes_line(done))
    if previewed.refused:
        refuse(PolicyViolation(previewed.refused))


def document(choices: Choices) -> dict[str, Any]:
    """Return the choice as the JSON that `--json` prints."""
    return {
        "scaling_policy": scaling_policy(choices.plan),
        "resource_limits": resource_limits(choices.plan),
        "cost_estimate": cost_estimate(choices.plan),
        "choices": choices.model_dump(mode="json"),
    }
