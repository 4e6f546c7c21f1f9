"""The cells of one row of the one table."""

from collections.abc import Callable

from components.capacity.prediction import p99_in_words
from stacks.review.money import UNKNOWN, amount, signed_amount
from stacks.review.review import CostReview, EndpointReview, EndpointState

COST = "cost a month"
CHANGE = "change"
COLUMNS = ("endpoint", "platform", "instances", "replicas", "p99 of SLA", COST, CHANGE, "artifact", "parity")
ARROW = " → "
NO_PLAN = "-"
DIGITS_OF_A_DIGEST = 12
REMARKS = {"create": " (new)", "delete": " (deleted)", "replace": " (replaced)"}

Escape = Callable[[str], str]


def endpoint_cells(row: EndpointReview, escape: Escape) -> tuple[str, ...]:
    """Return the cells of an endpoint: `old → new` where both sides exist and differ."""

    def both(text: Callable[[EndpointState], str]) -> str:
        sides = dict.fromkeys(escape(text(side)) for side in (row.before, row.after) if side is not None)
        return ARROW.join(sides)

    def planned(text: Callable[[EndpointState], str]) -> str:
        return both(text) if row.planned else NO_PLAN

    return (
        f"{escape(row.name)}{REMARKS.get(row.operation, '')}",
        both(_platform),
        both(_instances),
        planned(lambda side: side.replicas or UNKNOWN),
        planned(_p99),
        _cost(row),
        signed_amount(row.usd_per_month_change, "expected"),
        planned(_artifact),
        planned(_answers),
    )


def total_cells(cost: CostReview) -> tuple[str, ...]:
    """Return the row of the whole stack."""
    now, after = amount(cost.before, "expected"), amount(cost.after, "expected")
    return ("**all**", "", "", "", "", _now_and_after(now, after), signed_amount(cost.change, "expected"), "", "")


def _cost(row: EndpointReview) -> str:
    if not any(side.rented for side in (row.before, row.after) if side is not None):
        return "nothing rented"
    now = "$0.00" if row.before is None else amount(row.before.usd_per_month, "expected")
    after = "$0.00" if row.after is None else amount(row.after.usd_per_month, "expected")
    return _now_and_after(now, after)


def _now_and_after(now: str, after: str) -> str:
    return now if now == after else f"{now}{ARROW}{after}"


def _platform(side: EndpointState) -> str:
    if side.platform is None:
        return UNKNOWN
    return f"{side.platform} on {side.target}" if side.target else side.platform


def _instances(side: EndpointState) -> str:
    return ", ".join(side.instances) or UNKNOWN


def _p99(side: EndpointState) -> str:
    if side.latency_sla_ms is None:
        return UNKNOWN
    return (
        f"{UNKNOWN if side.p99_ms is None else p99_in_words(side.p99_ms, side.p99_high_ms)} of {side.latency_sla_ms} ms"
    )


def _artifact(side: EndpointState) -> str:
    if side.artifact is None or side.artifact_sha256 is None:
        return UNKNOWN
    return f"{side.artifact} {side.artifact_sha256[:DIGITS_OF_A_DIGEST]}"


def _answers(side: EndpointState) -> str:
    parity, accuracy = side.parity, side.accuracy
    if accuracy is not None:
        return accuracy.in_words if accuracy.passed else accuracy.against_limit
    if parity is None:
        return UNKNOWN
    verdict = "" if parity.passed else ", not passed"
    return f"{parity.metric} {parity.value:.5g} (limit {parity.threshold:g}{verdict})"
