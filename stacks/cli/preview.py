"""`serving preview`."""

from optimizers.errors import PolicyViolation
from stacks.cli.changes import changes_line
from stacks.cli.console import print_json, print_tables
from stacks.cli.context import open_stack
from stacks.cli.exit import refuse
from stacks.cli.plan import decide
from stacks.cli.plan_table import plan_table
from stacks.cli.policy_table import policy_table, verdicts
from stacks.cli.stack_run import stack_run
from stacks.policy_config import configured_policies


def run(stack: str, *, as_json: bool) -> None:
    """Plan, preview with the policy pack, and show both; exit with 3 where a policy refuses."""
    context = open_stack(stack)
    plan = decide(context)
    configured = configured_policies(context.project, stack)
    with stack_run(context.project, stack) as engine:
        result = engine.preview()
    found = verdicts(result.policies, configured)
    if as_json:
        print_json({"changes": result.changes, "changed": result.changed, "policies": found, "plan": plan.recorded()})
    else:
        print_tables(plan_table(plan), policy_table(found), changes_line(result, "would"))
    if result.refused:
        refuse(PolicyViolation(result.refused))
