"""The result of a load: what was measured at each rate beside what was predicted."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.prediction import Prediction
from components.load.job import LoadAnswer
from optimizers.hardware import Hardware
from optimizers.statistics import percentile

# A client that is this much late at p99 measures itself.
LARGEST_LAG_MS = 5.0


class LoadStep(BaseModel):
    """
    One rate.

    Attributes:
        rate_rps: Mean arrivals a second that were intended.
        sent: Requests sent.
        errors: Kind to number of requests that were not answered with status 200.
        throughput_rps: Answered requests a second, over the step or until the last answer where that came later.
        p50_ms: Median from the intended send time to the answer; None where nothing was answered.
        client_lag_p99_ms: How late the client itself was.
        predicted_p50_ms: What the plan's model says of this rate; None above the capacity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_rps: float
    seconds: float
    sent: int
    answered: int
    errors: dict[str, int]
    throughput_rps: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    client_lag_p99_ms: float
    predicted_p50_ms: float | None
    predicted_p99_ms: float | None

    @property
    def client_was_late(self) -> bool:
        """Whether the client, not the server, may be what was measured."""
        return self.client_lag_p99_ms > LARGEST_LAG_MS


class LoadResult(BaseModel):
    """All rates of one load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    endpoint_url: str
    artifact: str
    artifact_sha256: str
    latency_sla_ms: int
    predicted_capacity_rps: float
    seed: int
    hardware: Hardware
    versions: dict[str, str]
    measured_at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    steps: tuple[LoadStep, ...]


def load_step(rate_rps: float, seconds: float, answer: LoadAnswer, prediction: Prediction) -> LoadStep:
    """Return the step that sums up an answer of the load's process."""
    latencies = answer.latencies_ms
    quantiles = [round(percentile(latencies, at).value_ms, 3) if latencies else None for at in (0.5, 0.9, 0.99)]
    return LoadStep(
        rate_rps=rate_rps,
        seconds=seconds,
        sent=len(answer.lags_ms),
        answered=len(latencies),
        errors=answer.errors,
        throughput_rps=round(len(latencies) / answer.elapsed_s, 3),
        p50_ms=quantiles[0],
        p90_ms=quantiles[1],
        p99_ms=quantiles[2],
        max_ms=round(max(latencies), 3) if latencies else None,
        client_lag_p99_ms=round(percentile(answer.lags_ms, 0.99).value_ms, 3) if answer.lags_ms else 0.0,
        predicted_p50_ms=prediction.p50_ms,
        predicted_p99_ms=prediction.p99_ms,
    )
