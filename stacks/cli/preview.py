"""`serving preview`."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from components.catalog.prices_file import read_catalog
from optimizers.errors import InvalidArgs, Issue, PolicyViolation
from stacks.cli import scaling
from stacks.cli.changes import changes_line
from stacks.cli.choice_table import choice_tables
from stacks.cli.commit import previewed_commit
from stacks.cli.console import print_json, print_tables, say
from stacks.cli.context import StackContext, open_stack
from stacks.cli.exit import refuse
from stacks.cli.json_destination import STDOUT
from stacks.cli.plan import decide
from stacks.cli.plan_table import plan_table
from stacks.cli.policy_table import policy_table, verdicts
from stacks.cli.repository_folder import repository_folder
from stacks.cli.review_files import refuse_unwritable, write_review
from stacks.cli.review_table import review_table
from stacks.cli.stack_run import stack_run
from stacks.engine.run_result import RunResult
from stacks.fleet import choose_fleet
from stacks.policy_config import Configured, configured_policies
from stacks.review.compared_state import unknown_state
from stacks.review.compose import Previewed, compose
from stacks.review.pricing import configured_settings, priced_after, priced_before
from stacks.review.review import PolicyReview, Review

OFFLINE = "offline: compared with the last state; drift is not seen, nor a changed setting of a provider: region, project, kubeconfig"


class _Planned(NamedTuple):
    """
    What a stack's spec gives.

    Attributes:
        recorded: The plan of its task, as its component records it.
        tables: The same for people.
        document: What `--json` prints beside the review.
    """

    recorded: dict[str, Any]
    tables: tuple[Table, ...]
    document: dict[str, Any]


def run(
    stack: str, *, json_to: str, markdown_file: Path | None, offline: bool = False, state_file: Path | None = None
) -> None:
    """
    Plan, preview with the policy pack, and show both; exit with 3 where a policy refuses.

    Args:
        stack: Name of the stack.
        json_to: A file, `-` for stdout, or nothing.
        markdown_file: For a comment on a pull request. Files are written where a policy refuses too.
        offline: Compare with the last state, and reach no cloud and no cluster.
        state_file: The last state as it was exported, where the backend may not be reached; needs `offline`.

    Raises:
        InvalidArgs: A file cannot be written, or the state's file not be used.
    """
    if state_file is not None and not offline:
        rule = "a state in a file is compared with offline"
        raise InvalidArgs("the command line", (Issue("--state", f"`{state_file}`", rule, "add `--offline`"),))
    json_file = None if json_to in {"", STDOUT} else Path(json_to)
    refuse_unwritable(markdown_file, json_file)
    context = open_stack(stack)
    planned = _planned(context)
    configured = configured_policies(context.project, stack)
    with stack_run(context.project, stack, state_file) as engine:
        if offline:
            say(OFFLINE)
        result = engine.preview(offline=offline)
    found = verdicts(result, configured)
    review = _review(context, planned, result, configured)
    if offline:
        review = _offline(review, result, given=state_file is not None)
    write_review(review, markdown_file, json_file)
    if json_to == STDOUT:
        print_json({**planned.document, **review.model_dump(mode="json")})
    else:
        summary = f"[bold]Summary[/]  {escape(review.headline)}"
        print_tables(
            *planned.tables, policy_table(found), review_table(review), f"{changes_line(result, 'would')}\n{summary}"
        )
    if result.refused:
        refuse(PolicyViolation(result.refused))


def _offline(review: Review, result: RunResult, *, given: bool) -> Review:
    unknown = unknown_state(result.ordered(), given=given)
    for sentence in unknown:
        say(f"offline: {sentence}")
    return review.model_copy(
        update={"assumptions": (*review.assumptions, OFFLINE), "unknown": (*unknown, *review.unknown)}
    )


def _planned(context: StackContext) -> _Planned:
    if scaling.is_scaling(context):
        choices = choose_fleet(context.spec, context.project, context.stack)
        return _Planned(choices.plan.recorded(), choice_tables(choices), scaling.document(choices))
    plan = decide(context)
    return _Planned(plan.recorded(), (plan_table(plan),), {})


def _review(context: StackContext, planned: _Planned, result: RunResult, configured: Configured) -> Review:
    today = datetime.now(UTC).date()
    catalog = read_catalog(context.project.root, today)
    settings, resources = configured_settings(configured), result.ordered()
    return compose(
        Previewed(
            stack=context.stack,
            folder=repository_folder(context.project.root),
            commit=previewed_commit(context.project.root, os.environ),
            today=today,
            resources=resources,
            before=priced_before(resources, catalog, settings),
            after=priced_after(resources, catalog, settings),
            policies=[PolicyReview.model_validate(verdict) for verdict in verdicts(result, configured)],
            plan=planned.recorded,
        )
    )
