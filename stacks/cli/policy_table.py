"""Each policy's verdict, from what the policies said."""

from typing import TypedDict

from rich.markup import escape
from rich.table import Table

from policies.pack import POLICIES
from stacks.cli.console import table
from stacks.engine.run_result import PolicyReport

PASSED = "passed"
REFUSED = "refused"
WARNED = "warned"


class Verdict(TypedDict):
    """What one policy says of a plan."""

    policy: str
    verdict: str
    rule: str
    messages: list[str]


def verdicts(said: list[PolicyReport]) -> list[Verdict]:
    """Return a verdict for every policy of the pack; one that said nothing has passed."""
    result = list[Verdict]()
    for policy in POLICIES:
        own = [report for report in said if report.policy == policy.name]
        verdict = REFUSED if any(report.mandatory for report in own) else WARNED if own else PASSED
        messages = [report.message for report in own]
        result.append(Verdict(policy=policy.name, verdict=verdict, rule=policy.description, messages=messages))
    return result


def policy_table(found: list[Verdict]) -> Table:
    """Return one row a policy."""
    result = table("Policies", "policy", "verdict", "rule or reason")
    for verdict in found:
        colour = {PASSED: "green", WARNED: "yellow", REFUSED: "red"}[verdict["verdict"]]
        text = "\n".join(verdict["messages"]) or verdict["rule"]
        result.add_row(verdict["policy"], f"[{colour}]{verdict['verdict']}[/]", escape(text))
    return result
