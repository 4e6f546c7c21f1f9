"""`serving promote`."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import typer
from pydantic_core import to_jsonable_python

from components.embedded.health import require_healthy
from components.embedded.inputs import read_and_plan
from components.endpoint_plan import EndpointPlan
from optimizers import lock
from optimizers.errors import ArtifactError, DeployError, InvalidArgs, Issue, PolicyViolation, ServingError
from optimizers.lock import LockedModel
from stacks.arguments import embedded_inputs
from stacks.cli.changes import changes_line
from stacks.cli.console import print_json, print_tables, results, say
from stacks.cli.context import StackContext, open_stack
from stacks.cli.exit import refuse
from stacks.cli.plan import decide
from stacks.cli.policy_table import policy_table, verdicts
from stacks.cli.promotion_cost import cost_change
from stacks.cli.promotion_table import promotion_table
from stacks.cli.stack_run import stack_run
from stacks.engine.run_result import RunResult
from stacks.locked_request import refuse_outdated_lock
from stacks.policy_config import configured_policies
from stacks.promotion.compatibility import COMMAND_LINE, refuse_incompatible
from stacks.promotion.deployed_endpoint import deployed_endpoint
from stacks.promotion.lock_difference import lock_differences
from stacks.promotion.promotion_facts import PromotionFacts, promotion_facts
from stacks.promotion.proposal import Proposal, as_proposed, proposal
from stacks.stack_lock import lock_path


def run(source: str, target: str, *, yes: bool, as_json: bool) -> None:
    """
    Show what the target would get, let its policies judge a preview, and write its lock if that is wanted.

    Raises:
        InvalidArgs: The target takes nothing from the source, or asks for other artifacts.
        DeployError: The source is not deployed or not healthy.
        ArtifactError: The source's lock is not what the source runs.
    """
    origin, destination = open_stack(source), open_stack(target)
    refuse_incompatible(source, origin.spec, target, destination.spec)
    configured = configured_policies(destination.project, target)
    running = _healthy_plan(origin)
    model = _locked(origin)
    judged = replace(destination, project=as_proposed(destination.project, target))
    with (
        stack_run(judged.project, target) as engine,
        proposal(destination.spec, destination.project, target, model) as proposed,
    ):
        after = decide(judged)
        _refuse_another_lock(origin, running, after)
        before = _facts(destination)
        then = promotion_facts(after, model.reports[after.hardware.measured_on])
        document = {"source": source, "target": target, "lock": proposed.current.name, "before": before, "after": then}
        if proposed.changes_nothing:
            _print_unchanged(document, as_json=as_json)
            return
        if not as_json:
            results().print(promotion_table(f"Promotion from `{source}` to `{target}`", before, then))
        previewed = engine.preview()
        found = verdicts(previewed, configured)
        cost = cost_change(destination.project, previewed, configured)
        if not as_json:
            results().print()
            print_tables(policy_table(found), f"{changes_line(previewed, 'would')}\n{cost.line}")
        wanted = not previewed.refused and (yes or _confirmed(proposed, as_json=as_json))
        if wanted:
            proposed.accept()
    if as_json:
        judgement = {
            "changes": previewed.changes, "changed": previewed.changed, "policies": found, "cost": cost._asdict(),
        }  # fmt: skip
        print_json(to_jsonable_python({**document, "promoted": wanted, **judgement}))
    _end(document, previewed, promoted=wanted, asked=_can_ask(as_json=as_json))


def _healthy_plan(origin: StackContext) -> EndpointPlan:
    """Return the plan that the source was deployed with, after asking its server."""
    with stack_run(origin.project, origin.stack) as engine:
        deployed = deployed_endpoint(engine.state(), origin.spec.name, origin.stack)
        say(f"promote: asking {deployed.server.config.url}")
        try:
            require_healthy(deployed.server)
        except ServingError as error:
            raise DeployError(
                f"stack `{origin.stack}` is not healthy, so nothing of it is promoted: {error}; "
                f"repair it with `serving up --stack {origin.stack}`"
            ) from error
    return deployed.plan


def _locked(origin: StackContext) -> LockedModel:
    refuse_outdated_lock(origin.spec, origin.project, origin.stack)
    path = lock_path(origin.spec, origin.project, origin.stack)
    model = lock.read(path).models.get(origin.spec.name)
    if model is None:
        raise ArtifactError(f"`{origin.spec.name}` is not in {path.name}, although it runs; restore the file with git")
    return model


def _refuse_another_lock(origin: StackContext, running: EndpointPlan, locked: EndpointPlan) -> None:
    differences = lock_differences(running, locked)
    if differences:
        path = lock_path(origin.spec, origin.project, origin.stack)
        lines = "\n".join(f"  - {difference}" for difference in differences)
        raise ArtifactError(
            f"{path.name} is not what stack `{origin.stack}` runs; run `serving up --stack {origin.stack}`, "
            f"or restore the file with git\n{lines}"
        )


def _facts(destination: StackContext) -> PromotionFacts | None:
    """Return what the target has now; None where nothing was promoted to it yet."""
    spec, project, stack = destination.spec, destination.project, destination.stack
    model = lock.read(lock_path(spec, project, stack)).models.get(spec.name)
    if model is None:
        return None
    plan = read_and_plan(spec.name, embedded_inputs(spec, project, stack))
    return promotion_facts(plan, model.reports[plan.hardware.measured_on])


def _can_ask(*, as_json: bool) -> bool:
    return sys.stdin.isatty() and not as_json


def _confirmed(proposed: Proposal, *, as_json: bool) -> bool:
    return _can_ask(as_json=as_json) and typer.confirm(f"Write {proposed.current.name}?", err=True)


def _print_unchanged(document: Mapping[str, object], *, as_json: bool) -> None:
    said = f"nothing to promote: {document['lock']} already holds what `{document['source']}` runs; nothing was judged"
    if as_json:
        print_json(to_jsonable_python({**document, "promoted": False}))
        say(f"promote: {said}")
    else:
        results().print(said)


def _end(document: Mapping[str, object], previewed: RunResult, *, promoted: bool, asked: bool) -> None:
    """Say what is next, or refuse with the code of the reason; the result has been printed."""
    if previewed.refused:
        say(f"promote: {document['lock']} was not changed")
        refuse(PolicyViolation(previewed.refused))
    if promoted:
        next_step = f"review and commit it, then `serving up --stack {document['target']}` deploys it"
        say(f"promote: wrote {document['lock']}; {next_step}")
    elif asked:
        say("promote: nothing was written")
    else:
        fix = f"run `serving promote {document['source']} {document['target']} --yes`"
        refuse(
            InvalidArgs(COMMAND_LINE, (Issue("--yes", "nothing", "nobody can be asked here, so it is needed", fix),))
        )
