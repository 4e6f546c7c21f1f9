"""A review in one sentence."""

from collections.abc import Sequence

from components.capacity.prediction import judged_p99_ms, p99_in_words
from stacks.review.money import change_in_percent, dollars, signed_dollars
from stacks.review.review import CostReview, EndpointReview, PolicyReview
from stacks.review.verdict import NOT_APPLICABLE, NOT_SET, REFUSED, WARNED


def headline(cost: CostReview, endpoints: Sequence[EndpointReview], policies: Sequence[PolicyReview]) -> str:
    """Return `monthly cost +$93.00 (+6.2 %) at expected, p99 27 ms of 100 ms, 1 policy refuses`."""
    return ", ".join(part for part in (_cost(cost), _p99(endpoints), _policies(policies)) if part)


def _cost(cost: CostReview) -> str:
    if not cost.lines and cost.change is not None:
        return "nothing that is priced is rented" if cost.not_priced else "nothing is rented"
    if cost.change is None or cost.before is None or cost.after is None:
        return "monthly cost unknown"
    expected = cost.change.expected
    if expected:
        percent = change_in_percent(cost.before.expected, cost.after.expected)
        relative = "" if percent is None else f" ({percent:+.1f} %)"
        return f"monthly cost {signed_dollars(expected)}{relative} at expected"
    if cost.change.maximum:
        return f"monthly cost unchanged at expected, {signed_dollars(cost.change.maximum)} at maximum"
    return f"monthly cost unchanged at {dollars(cost.after.expected)}"


def _p99(endpoints: Sequence[EndpointReview]) -> str:
    """Return the p99 that is nearest to its SLA, or farthest over it; one that is unknown comes first."""
    worst, said = 0.0, ""
    planned = [(item.name, item.after) for item in endpoints if item.planned and item.after is not None]
    for name, state in planned:
        judged_ms = judged_p99_ms(state.p99_ms, state.p99_high_ms)
        if state.p99_ms is None or judged_ms is None or state.latency_sla_ms is None:
            return f"p99 of {name} unknown"
        share = judged_ms / state.latency_sla_ms
        if share > worst:
            of_which = f" ({name})" if len(planned) > 1 else ""
            said = f"p99 {p99_in_words(state.p99_ms, state.p99_high_ms)} of {state.latency_sla_ms} ms{of_which}"
            worst = share
    return said


def _policies(policies: Sequence[PolicyReview]) -> str:
    counts = {verdict: sum(item.verdict == verdict for item in policies) for verdict in (REFUSED, WARNED)}
    parts = [
        f"{count} {'policy' if count == 1 else 'policies'} {verb}{'s' * (count == 1)}"
        for count, verb in ((counts[REFUSED], "refuse"), (counts[WARNED], "warn"))
        if count
    ]
    if parts:
        return ", ".join(parts)
    without = sum(item.verdict == NOT_SET for item in policies)
    idle = sum(item.verdict == NOT_APPLICABLE for item in policies)
    passed = f"every policy with a limit passes, {without} without one" if without else "every policy passes"
    return f"{passed}, {idle} not applicable" if idle else passed
