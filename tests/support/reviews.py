"""Previews as the engine tells of them, with plans and prices that a test knows."""

from datetime import date
from typing import Any

from components.cost.month import UsdPerMonth
from components.embedded.plan import EmbeddedRequest, plan_endpoint
from components.tokens import EMBEDDED_ENDPOINT
from optimizers.goal import Goal
from stacks.engine.resource_change import Inputs, ResourceChange
from stacks.review.compose import Previewed, compose
from stacks.review.priced_stack import OwnedLine, PricedStack
from stacks.review.review import PolicyReview, PricedLine, Review
from tests.support.locked_model import SHA256, hardware, locked_model, measurement, report
from tests.support.raw_resources import ENDPOINT_CONFIGURATION

TODAY = date(2026, 11, 24)
PRICED = date(2026, 7, 20)
PASSED = PolicyReview(policy="latency-budget", verdict="passed", rule="The predicted p99 is met.", messages=())


def plan(p99_ms: float = 23.5, sla_ms: int = 100) -> dict[str, Any]:
    """What a review reads of a recorded plan, and nothing else, so that a better prediction changes no comment."""
    return {
        "target": "embedded",
        "platform": {"value": "bentoml", "basis": "quick start"},
        "hardware": {"description": "Test CPU, 2 cores"},
        "replicas": {"value": 1, "basis": "one machine"},
        "scaling": {"min_replicas": 1, "max_replicas": 1},
        "latency_sla_ms": sla_ms,
        "predicted": {
            "p99_ms": {"value": p99_ms, "basis": "measured"},
            "p99_high_ms": {"value": p99_ms + 0.5, "basis": "its upper end"},
        },
        "artifact": {"name": "onnx-int8", "sha256": SHA256},
        "parity": {"metric": "cosine", "value": 0.9999, "threshold": 0.999, "samples": 8, "passed": True},
    }


def recorded_plan() -> dict[str, Any]:
    """A whole plan, as this version records it."""
    request = EmbeddedRequest(name="minilm", goal=Goal(latency_sla_ms=100, throughput_rps=1))
    measured = report(measurement(10.0, 20.0), measurement(80.0, 160.0, batch_size=8))
    return plan_endpoint(request, locked_model(measured), hardware()).recorded()


def change(
    name: str,
    kind: str = ENDPOINT_CONFIGURATION,
    *,
    before: Inputs | None = None,
    after: Inputs | None = None,
    parent: str = "",
) -> ResourceChange:
    """A resource that is created, deleted, updated or the same, as its two sides say."""
    operation = "create" if before is None else "delete" if after is None else "same" if before == after else "update"
    urn = f"urn:pulumi:dev::model-serving::{kind}::{name}"
    return ResourceChange(urn=urn, parent=parent, type=kind, operation=operation, before=before, after=after)


def endpoint(before: Any = None, after: Any = None, name: str = "minilm") -> ResourceChange:
    """An endpoint of ours with these recorded plans."""
    sides = [None if side is None else {"plan": side} for side in (before, after)]
    return change(name, EMBEDDED_ENDPOINT, before=sides[0], after=sides[1])


def usd(expected: float, minimum: float | None = None, maximum: float | None = None) -> UsdPerMonth:
    """An amount, the same for any number of machines unless said otherwise."""
    low = expected if minimum is None else minimum
    return UsdPerMonth(minimum=low, expected=expected, maximum=expected if maximum is None else maximum)


def line(resource: ResourceChange, what: str, cost: UsdPerMonth | None, basis: str = "a price list") -> OwnedLine:
    """A cost line of a resource."""
    priced = PricedLine(what=what, usd_per_month=cost, basis=basis)
    return OwnedLine(urn=resource.urn, label=resource.name, line=priced)


def priced(*lines: OwnedLine) -> PricedStack:
    """One side of a preview."""
    return PricedStack(lines=lines, dates=tuple(PRICED for _ in lines))


def review(
    *resources: ResourceChange,
    before: PricedStack | None = None,
    after: PricedStack | None = None,
    policies: tuple[PolicyReview, ...] = (PASSED,),
    stack: str = "dev",
) -> Review:
    """The review of these resources at these costs."""
    none = PricedStack()
    return compose(
        Previewed(
            stack=stack, folder="", commit="c0ffee", today=TODAY, resources=resources, before=before or none, after=after or none,
            policies=policies, plan=None,
        )
    )  # fmt: skip
