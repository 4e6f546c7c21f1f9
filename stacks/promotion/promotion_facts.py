"""What a reviewer of a promotion wants to know of a locked artifact, before and after; pure."""

from pydantic import BaseModel, ConfigDict

from components.endpoint_plan import EndpointPlan
from optimizers.accuracy import Accuracy
from optimizers.report import Parity, Report
from optimizers.vocabulary import Precision, Runtime


class PromotionFacts(BaseModel):
    """
    One side of the diff.

    Attributes:
        size_mb: 10^6 bytes.
        p50_ms: Measured, the artifact alone, one row at a time; so is `p99_ms`.
        measured_at: UTC, ISO 8601.
        predicted_p99_ms: At the caller, at the target's `throughput_rps`; None where there is no limit.
        predicted_p99_high_ms: Its upper end, which is held against the SLA; None where there is no limit.
        capacity_rps: Predicted; None where it is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    artifact: str
    sha256: str
    model_sha256: str
    runtime: Runtime
    precision: Precision
    size_mb: float
    parity: Parity | None
    accuracy: Accuracy | None
    p50_ms: float
    p99_ms: float
    measured_at: str
    measured_on: str
    latency_sla_ms: int
    throughput_rps: int
    predicted_p99_ms: float | None
    predicted_p99_high_ms: float | None
    capacity_rps: float | None


def promotion_facts(plan: EndpointPlan, report: Report) -> PromotionFacts:
    """Return the facts of a plan and of the report that it was made from."""
    artifact, measured, predicted = plan.artifact, plan.measured, plan.predicted
    return PromotionFacts(
        artifact=artifact.name,
        sha256=artifact.sha256,
        model_sha256=artifact.model_sha256,
        runtime=artifact.runtime,
        precision=artifact.precision,
        size_mb=artifact.size_mb,
        parity=plan.parity,
        accuracy=plan.accuracy,
        p50_ms=measured.p50_ms,
        p99_ms=measured.p99_ms,
        measured_at=report.measured_at,
        measured_on=plan.hardware.description,
        latency_sla_ms=plan.latency_sla_ms,
        throughput_rps=plan.throughput_rps,
        predicted_p99_ms=predicted.p99_ms.value,
        predicted_p99_high_ms=predicted.p99_high_ms.value,
        capacity_rps=predicted.capacity_rps.value,
    )
