"""A promotion as a table: what the target has, and what it would have."""

from collections.abc import Callable

from rich.markup import escape
from rich.table import Table

from stacks.cli.console import table
from stacks.promotion.promotion_facts import PromotionFacts

NOTHING = "-"
UNKNOWN = "no limit"
Shown = Callable[[PromotionFacts], str]


def _milliseconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f} ms"


def _parity(facts: PromotionFacts) -> str:
    parity = facts.parity
    return "none recorded" if parity is None else f"{parity.metric} {parity.value:.5f}, limit {parity.threshold:g}"


ROWS: tuple[tuple[str, Shown], ...] = (
    ("digest", lambda facts: facts.sha256[:12]),
    ("candidate", lambda facts: facts.artifact),
    ("precision", lambda facts: f"{facts.precision} on {facts.runtime}"),
    ("model", lambda facts: facts.model_sha256[:12]),
    ("size", lambda facts: f"{facts.size_mb:.1f} MB"),
    ("parity", _parity),
    ("accuracy", lambda facts: "no labelled data" if facts.accuracy is None else facts.accuracy.in_words),
    ("measured p50", lambda facts: _milliseconds(facts.p50_ms)),
    ("measured p99", lambda facts: _milliseconds(facts.p99_ms)),
    ("measured", lambda facts: f"{facts.measured_at[:16]} UTC on {facts.measured_on}"),
    ("predicted p99", lambda facts: _milliseconds(facts.predicted_p99_ms)),
    ("p99 at the most", lambda facts: _milliseconds(facts.predicted_p99_high_ms)),
    ("SLA", lambda facts: f"{facts.latency_sla_ms} ms at {facts.throughput_rps} requests/s"),
    ("capacity", lambda facts: UNKNOWN if facts.capacity_rps is None else f"{facts.capacity_rps:.1f} requests/s"),
)


def promotion_table(title: str, before: PromotionFacts | None, after: PromotionFacts) -> Table:
    """Return one row a fact, those that change in bold."""
    result = table(title, "what", "now", "after")
    for what, shown in ROWS:
        now, then = NOTHING if before is None else shown(before), shown(after)
        result.add_row(what, escape(now), escape(then), style="bold" if now != then else None)
    return result
