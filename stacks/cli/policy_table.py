"""Each policy's verdict, from what the policies said."""

from collections.abc import Collection
from typing import TypedDict

from rich.markup import escape
from rich.table import Table

from policies.pack import COST_POLICIES, POLICIES
from stacks.cli.console import table
from stacks.engine.run_result import PolicyReport

PASSED = "passed"
REFUSED = "refused"
WARNED = "warned"
NOT_SET = "not set"


class Verdict(TypedDict):
    """What one policy says of a plan."""

    policy: str
    verdict: str
    rule: str
    messages: list[str]


def verdicts(said: list[PolicyReport], configured: Collection[str]) -> list[Verdict]:
    """
    Return a verdict for every policy of the pack; one that said nothing has passed, if it had a limit to judge by.

    Args:
        said: What the policies reported.
        configured: Names of the policies that the stack configures; the others of those that need it judge nothing.
    """
    result = list[Verdict]()
    for policy in POLICIES:
        own = [report for report in said if report.policy == policy.name]
        messages = [report.message for report in own]
        if own:
            verdict = REFUSED if any(report.mandatory for report in own) else WARNED
        else:
            verdict = NOT_SET if policy in COST_POLICIES and policy.name not in configured else PASSED
        result.append(Verdict(policy=policy.name, verdict=verdict, rule=policy.description, messages=messages))
    return result


def policy_table(found: list[Verdict]) -> Table:
    """Return one row a policy."""
    result = table("Policies", "policy", "verdict", "rule or reason")
    for verdict in found:
        colour = {PASSED: "green", WARNED: "yellow", REFUSED: "red", NOT_SET: "dim"}[verdict["verdict"]]
        text = "\n".join(verdict["messages"]) or verdict["rule"]
        result.add_row(verdict["policy"], f"[{colour}]{verdict['verdict']}[/]", escape(text))
    return result
