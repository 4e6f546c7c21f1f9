"""Each policy's verdict, from what the policies said."""

from collections.abc import Collection
from typing import TypedDict

from rich.markup import escape
from rich.table import Table

from policies.configuration import DISABLED, ENFORCEMENT_LEVEL, PolicyConfiguration, limits, sets_limit
from policies.pack import CONFIGURATIONS, JUDGED_TYPES, POLICIES
from stacks.cli.console import table
from stacks.engine.run_result import RunResult
from stacks.policy_config import Configured
from stacks.review.verdict import NOT_APPLICABLE, NOT_SET, PASSED, REFUSED, WARNED

COLOURS = {PASSED: "green", WARNED: "yellow", REFUSED: "red", NOT_SET: "dim", NOT_APPLICABLE: "dim"}


class Verdict(TypedDict):
    """What one policy says of a plan."""

    policy: str
    verdict: str
    rule: str
    messages: list[str]


def verdicts(run: RunResult, configured: Configured) -> list[Verdict]:
    """
    Return a verdict for every policy of the pack; one that said nothing has passed, if it had something to judge, and a limit.

    Args:
        run: What the policies reported, and of which resources.
        configured: What the stack says of its policies.
    """
    types = {
        resource.type for resource in run.resources.values() if resource.after is not None and not resource.read_after
    }
    result = list[Verdict]()
    for policy in POLICIES:
        own = [report for report in run.policies if report.policy == policy.name]
        messages = [report.message for report in own]
        if own:
            verdict = REFUSED if any(report.mandatory for report in own) else WARNED
        else:
            verdict = _unsaid(policy.name, configured, types)
        result.append(Verdict(policy=policy.name, verdict=verdict, rule=policy.description, messages=messages))
    return result


def _unsaid(policy: str, configured: Configured, types: Collection[str]) -> str:
    """Return the verdict of a policy that said nothing; `types` are those of the resources that the stack will have."""
    if not _judges(policy, configured):
        return NOT_SET
    judged = JUDGED_TYPES.get(policy)
    return PASSED if judged is None or not judged.isdisjoint(types) else NOT_APPLICABLE


def _judges(policy: str, configured: Configured) -> bool:
    """Return whether the stack has set one of the policy's limits, where it has any, and has not disabled it."""
    said = configured.get(policy, {})
    configuration = CONFIGURATIONS.get(policy, PolicyConfiguration)
    return said.get(ENFORCEMENT_LEVEL) != DISABLED and (not limits(configuration) or sets_limit(said, configuration))


def policy_table(found: list[Verdict]) -> Table:
    """Return one row a policy."""
    result = table("Policies", "policy", "verdict", "rule or reason")
    for verdict in found:
        colour = COLOURS[verdict["verdict"]]
        text = "\n".join(verdict["messages"]) or verdict["rule"]
        result.add_row(verdict["policy"], f"[{colour}]{verdict['verdict']}[/]", escape(text))
    return result
