"""`serving optimize`."""

from optimizers import hardware
from optimizers.errors import InvalidArgs, Issue
from optimizers.lock import LockedModel
from stacks.cli.build_progress import build_progress
from stacks.cli.console import print_json, results, say
from stacks.cli.context import StackContext, open_stack
from stacks.cli.report_table import report_table


def run(stack: str, *, as_json: bool, force: bool, budget_seconds: float | None) -> None:
    """Build, check and measure, then show every candidate."""
    context = open_stack(stack)
    _refuse_promoted(context)
    locked = build(context, force=force, budget_seconds=budget_seconds)
    report = locked.reports[hardware.detect().fingerprint]
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        results().print(report_table(report))


def _refuse_promoted(context: StackContext) -> None:
    promotion = context.spec.promotion
    if promotion is not None:
        from stacks.promotion.promoted_artifacts import building_stack

        builds = building_stack(context.spec, context.project, context.stack)
        rule = f"it builds nothing, it takes what was promoted from `{promotion.source}`"
        fix = f"run `serving optimize --stack {builds}`, deploy it, then `serving promote {promotion.source} {context.stack}`"
        raise InvalidArgs("the command line", (Issue("--stack", f"`{context.stack}`", rule, fix),))


def build(context: StackContext, *, force: bool = False, budget_seconds: float | None = None) -> LockedModel:
    """Bring the lock up to date and say what that took."""
    from stacks.artifacts import ensure_artifacts

    with build_progress() as shown:
        locked = ensure_artifacts(context.spec, context.project, shown, say, force=force, budget_seconds=budget_seconds)
    report = locked.reports[hardware.detect().fingerprint]
    say(f"optimize: `{report.chosen}`, measured {report.measured_at[:10]} on {report.hardware.cpu_model}")
    return locked
