"""The diff of a promotion: what the target has, beside what it would have."""

from rich.console import Console

from components.embedded.plan import EmbeddedRequest, plan_endpoint
from optimizers.goal import Goal
from stacks.cli.promotion_table import promotion_table
from stacks.promotion.promotion_facts import PromotionFacts, promotion_facts
from tests.support.locked_model import SHA256, hardware, locked_model, measurement, report


def facts(p50_ms: float, throughput_rps: int = 2) -> PromotionFacts:
    measured = report(measurement(p50_ms, 2 * p50_ms))
    goal = Goal(latency_sla_ms=1000, throughput_rps=throughput_rps)
    plan = plan_endpoint(EmbeddedRequest(name="m", goal=goal), locked_model(measured), hardware())
    return promotion_facts(plan, measured)


def shown(before: PromotionFacts | None, after: PromotionFacts) -> dict[str, list[str]]:
    """Each row of the table: its name to the words in it."""
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(promotion_table("Promotion", before, after))
    rows = (line.split("  ") for line in captured.get().splitlines())
    return {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}


def test_facts_are_those_of_the_plan_and_its_report() -> None:
    found = facts(5.0)

    assert (found.sha256, found.artifact, found.precision) == (SHA256, "openvino-fp32", "fp32")
    assert (found.p50_ms, found.p99_ms, found.measured_at[:10]) == (5.0, 10.0, "2026-11-23")
    assert found.predicted_p99_ms is not None
    assert found.predicted_p99_ms > found.p99_ms
    assert found.predicted_p99_high_ms is not None
    assert found.predicted_p99_high_ms >= found.predicted_p99_ms


def test_the_table_shows_both_sides_of_each_fact() -> None:
    rows = shown(facts(5.0), facts(4.0))

    assert rows["digest"] == [SHA256[:12], SHA256[:12]]
    assert rows["measured p50"] == ["5.00 ms", "4.00 ms"]
    assert rows["p99 at the most"][1] == f"{facts(4.0).predicted_p99_high_ms or 0:.2f} ms"
    assert rows["SLA"] == ["1000 ms at 2 requests/s"] * 2


def test_before_the_first_promotion_there_is_nothing() -> None:
    assert shown(None, facts(4.0))["digest"] == ["-", SHA256[:12]]


def test_a_rate_without_a_p99_says_so() -> None:
    rows = shown(None, facts(5.0, throughput_rps=100_000))

    assert rows["predicted p99"] == rows["p99 at the most"] == ["-", "no limit"]
