"""Each policy's verdict, from what the policies said."""

from typing import TypedDict

from rich.markup import escape
from rich.table import Table

from policies.configuration import PolicyConfiguration, limits
from policies.pack import CONFIGURATIONS, POLICIES
from stacks.cli.console import table
from stacks.engine.run_result import PolicyReport
from stacks.policy_config import DISABLED, ENFORCEMENT_LEVEL, Configured
from stacks.review.verdict import NOT_SET, PASSED, REFUSED, WARNED


class Verdict(TypedDict):
    """What one policy says of a plan."""

    policy: str
    verdict: str
    rule: str
    messages: list[str]


def verdicts(said: list[PolicyReport], configured: Configured) -> list[Verdict]:
    """
    Return a verdict for every policy of the pack; one that said nothing has passed, if it had a limit to judge by.

    Args:
        said: What the policies reported.
        configured: What the stack says of its policies.
    """
    result = list[Verdict]()
    for policy in POLICIES:
        own = [report for report in said if report.policy == policy.name]
        messages = [report.message for report in own]
        if own:
            verdict = REFUSED if any(report.mandatory for report in own) else WARNED
        else:
            verdict = PASSED if _judges(policy.name, configured) else NOT_SET
        result.append(Verdict(policy=policy.name, verdict=verdict, rule=policy.description, messages=messages))
    return result


def _judges(policy: str, configured: Configured) -> bool:
    """Return whether the stack has set one of the policy's limits, where it has any, and has not disabled it."""
    said = configured.get(policy, {})
    needed = limits(CONFIGURATIONS.get(policy, PolicyConfiguration))
    return said.get(ENFORCEMENT_LEVEL) != DISABLED and (
        not needed or any(said.get(name) is not None for name in needed)
    )


def policy_table(found: list[Verdict]) -> Table:
    """Return one row a policy."""
    result = table("Policies", "policy", "verdict", "rule or reason")
    for verdict in found:
        colour = {PASSED: "green", WARNED: "yellow", REFUSED: "red", NOT_SET: "dim"}[verdict["verdict"]]
        text = "\n".join(verdict["messages"]) or verdict["rule"]
        result.add_row(verdict["policy"], f"[{colour}]{verdict['verdict']}[/]", escape(text))
    return result
