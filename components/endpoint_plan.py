"""The plan of an endpoint: every decision and every predicted number, each with the sentence it rests on."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from optimizers.lock import LOCK_NAME
from optimizers.report import Parity
from optimizers.vocabulary import DeploymentTarget, Precision, Prediction, Runtime

PLAN_VERSION = 1


class PlanPart(BaseModel):
    """Base of every part of the plan: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Decision(PlanPart):
    """A choice and why it was made."""

    value: str | int
    basis: str


class Estimate(PlanPart):
    """A predicted number and what it rests on; `value` is None where it cannot be predicted."""

    value: float | None
    basis: str


class PlannedArtifact(PlanPart):
    """The locked artifact that will answer requests."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    runtime: Runtime
    precision: Precision
    size_mb: float = Field(ge=0, description="10^6 bytes")
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    prediction: Prediction


class PlannedHardware(PlanPart):
    """Fingerprints of the machine that was measured and of the one that will serve."""

    measured_on: str
    target: str
    description: str


class PlannedTraffic(PlanPart):
    """
    The traffic that the plan was made for.

    Attributes:
        kind: `constant`, `bursts`, `ramp`, `daily` or `csv`.
        peak_rps: Highest rate, in requests a second.
        mean_rps: Mean rate of a month.
        variation: Squared coefficient of variation of the gaps between arrivals: 1 for independent callers.
        basis: Where it comes from.
    """

    kind: str
    peak_rps: float = Field(gt=0, allow_inf_nan=False)
    mean_rps: float = Field(gt=0, allow_inf_nan=False)
    variation: float = Field(default=1, ge=1)
    basis: str


class Predicted(PlanPart):
    """What the endpoint will do under the declared load, at the caller."""

    p50_ms: Estimate
    p99_ms: Estimate
    capacity_rps: Estimate
    utilization: Estimate


class Measured(PlanPart):
    """
    The chosen artifact alone, one row at a time, without a server; rows of so many tokens where it takes text.

    `other_cpu_share` is the share of all cores that other work kept busy meanwhile; None where that is unknown.
    """

    sequence_length: int | None
    other_cpu_share: float | None
    p50_ms: float
    p99_ms: float
    throughput_rps: float


class Resources(PlanPart):
    """What one replica may use."""

    cpu_cores: int = Field(gt=0)
    memory_mib: Estimate


class ScalingPolicy(PlanPart):
    """Replica bounds; the names are the public contract."""

    min_replicas: int = Field(ge=0)
    max_replicas: int = Field(ge=1)
    target_utilization: float = Field(gt=0, le=1)


class EndpointPlan(PlanPart):
    """
    Everything that was decided for one endpoint, before anything is created.

    The component records it as its inputs, so a diff shows each decision and policies judge it. It holds no secret.
    """

    version: int = PLAN_VERSION
    name: str
    lock: str = Field(
        default=LOCK_NAME,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Name of the project's lock file that the artifact and its measurements come from.",
    )
    target: DeploymentTarget
    platform: Decision
    first_choice: Decision
    artifact: PlannedArtifact
    parity: Parity | None
    hardware: PlannedHardware
    latency_sla_ms: int
    throughput_rps: int
    traffic: PlannedTraffic
    replicas: Decision
    workers: Decision
    threads: Decision
    max_batch_size: Decision
    concurrent_calls: Decision
    cache_entries: int = Field(ge=0)
    resources: Resources
    scaling: ScalingPolicy
    measured: Measured
    predicted: Predicted

    def recorded(self) -> dict[str, Any]:
        """Return the plan as plain JSON values, the form that components record and policies read."""
        return self.model_dump(mode="json")
