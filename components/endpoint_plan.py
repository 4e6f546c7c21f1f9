"""The plan of an endpoint: every decision and every predicted number, each with the sentence it rests on."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.prediction import Method
from optimizers.accuracy import Accuracy
from optimizers.lock import LOCK_NAME
from optimizers.report import Parity
from optimizers.vocabulary import Accelerator, DeploymentTarget, Precision, Prediction, Runtime

# A file name, so that a record names no lock outside its project.
LOCK_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class PlanPart(BaseModel):
    """Base of every part of the plan: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Decision(PlanPart):
    """A choice and why it was made; a number is 0 or more."""

    value: str | Annotated[int, Field(ge=0)]
    basis: str


class Estimate(PlanPart):
    """A predicted number, 0 or more, and what it rests on; `value` is None where it cannot be predicted."""

    value: float | None = Field(ge=0, allow_inf_nan=False)
    basis: str


class Gpu(PlanPart):
    """
    A GPU as a compiled engine sees it: one that was built for another architecture or runtime does not load.

    Attributes:
        architecture: Compute capability, such as `sm_86`; None where it is unknown.
        runtime_version: Of the library that builds and loads engines; None where it is unknown.
    """

    architecture: str | None
    runtime_version: str | None


class ArtifactNeeds(PlanPart):
    """
    The hardware that an artifact runs on, as it was built and measured.

    Attributes:
        accelerator: The processor that computes it.
        architecture: Of the main processor, such as `x86_64`; None: any.
        cpu_features: Instruction sets of which it needs one, sorted; empty: none.
        gpu: What an engine that is compiled for a GPU is tied to; None for everything else.
        basis: Why.
    """

    accelerator: Accelerator
    architecture: str | None
    cpu_features: tuple[str, ...]
    gpu: Gpu | None
    basis: str


class PlannedArtifact(PlanPart):
    """The locked artifact that will answer requests."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    runtime: Runtime
    precision: Precision
    size_mb: float = Field(ge=0, allow_inf_nan=False, description="10^6 bytes")
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    prediction: Prediction
    needs: ArtifactNeeds


class PlannedHardware(PlanPart):
    """
    The machine that was measured, and the one that will serve.

    Attributes:
        measured_on: Fingerprint of the first.
        target: Fingerprint of the second, which everything below describes.
        description: Of the first, for people.
        gpu: None where there is none.
    """

    measured_on: str
    target: str
    description: str
    accelerator: Accelerator
    architecture: str
    cpu_features: tuple[str, ...]
    gpu: Gpu | None


class EstimatedParts(PlanPart):
    """Estimates that make up one time, one after the other."""

    @property
    def parts(self) -> dict[str, Estimate]:
        """Each part by its name."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class ColdStart(EstimatedParts):
    """
    From nothing to the first answer, in seconds, one part after the other.

    Attributes:
        provisioning_s: Until a machine runs.
        image_s: Until the image is fetched and unpacked.
        server_s: Until the server runs, without a model.
        model_load_s: Until the model is loaded.
        warm_up_s: Until it is as fast as it was measured.
    """

    provisioning_s: Estimate
    image_s: Estimate
    server_s: Estimate
    model_load_s: Estimate
    warm_up_s: Estimate

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the parts that nobody knows."""
        return tuple(name for name, part in self.parts.items() if part.value is None)

    @property
    def total_s(self) -> float | None:
        """The sum; None where a part is unknown."""
        known = [part.value for part in self.parts.values() if part.value is not None]
        return None if self.unknown else round(sum(known), 3)


class KvCache(PlanPart):
    """
    What a language model remembers of the sequences that it is writing.

    Attributes:
        bytes_per_token: Of one sequence.
        context_tokens: Longest sequence, prompt included.
        sequences: Written at once, by one replica.
    """

    bytes_per_token: Estimate
    context_tokens: int = Field(ge=1)
    sequences: int = Field(ge=1)


class PlannedAccelerator(PlanPart):
    """
    The accelerators of one replica and what they hold; weights and KV cache are spread evenly over them.

    Attributes:
        kind: As the catalog names it, such as `l4`.
        count: Of them in one replica.
        memory_gib: Of one, in GiB (2^30 bytes).
        weights_gib: Of the whole model.
        kv_cache: None for a model that has none.
        reserve_gib: On each: the runtime's context and the activations of the largest batch.
    """

    kind: str
    count: int = Field(ge=1)
    memory_gib: Estimate
    weights_gib: Estimate
    kv_cache: KvCache | None
    reserve_gib: Estimate


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
    variation: float = Field(default=1, ge=1, allow_inf_nan=False)
    basis: str


class Predicted(PlanPart):
    """
    What the endpoint will do under the declared load, at the caller.

    `method` is that of p50 and p99. `p99_high_ms` is the upper end of the interval of the p99, which is held against the
    SLA; None where `p99_ms` is.
    """

    method: Method
    p50_ms: Estimate
    p99_ms: Estimate
    p99_high_ms: Estimate
    capacity_rps: Estimate
    utilization: Estimate


class Measured(PlanPart):
    """
    The chosen artifact alone, one row at a time, without a server; rows of so many tokens where it takes text.

    `other_cpu_share` is the share of all cores that other work kept busy meanwhile; None where that is unknown. `day` is
    that of the measurement, in UTC.
    """

    day: date
    sequence_length: int | None = Field(ge=1)
    other_cpu_share: float | None = Field(ge=0, le=1)
    p50_ms: float = Field(ge=0, allow_inf_nan=False)
    p99_ms: float = Field(ge=0, allow_inf_nan=False)
    throughput_rps: float = Field(ge=0, allow_inf_nan=False)


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

    Attributes:
        version: Of this format.
        accelerator: None where a CPU computes.
        streams: Calls that the runtime computes at once, each with `threads` threads of its own.
        lowest_min_replicas: Fewest that must always run, so that the declared traffic is carried until others have come.
    """

    version: Literal[1] = 1
    name: str
    lock: str = Field(
        default=LOCK_NAME,
        pattern=LOCK_PATTERN,
        description="Name of the project's lock file that the artifact and its measurements come from.",
    )
    locked_sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="Digest of all that the lock held of the model, as the plan was made."
    )
    target: DeploymentTarget
    platform: Decision
    first_choice: Decision
    artifact: PlannedArtifact
    parity: Parity | None
    accuracy: Accuracy | None = Field(
        default=None,
        exclude_if=lambda accuracy: accuracy is None,
        description="On labelled data, which then decide; None where there are none.",
    )
    hardware: PlannedHardware
    accelerator: PlannedAccelerator | None
    latency_sla_ms: int = Field(ge=1)
    throughput_rps: int = Field(ge=1)
    traffic: PlannedTraffic
    replicas: Decision
    workers: Decision
    threads: Decision
    streams: Decision
    max_batch_size: Decision
    concurrent_calls: Decision
    cache_entries: int = Field(ge=0)
    resources: Resources
    scaling: ScalingPolicy
    lowest_min_replicas: Estimate
    cold_start: ColdStart
    measured: Measured
    predicted: Predicted

    def recorded(self) -> dict[str, Any]:
        """Return the plan as plain JSON values, the form that components record and policies read."""
        return self.model_dump(mode="json")


def recorded_number(value: float | None) -> float | None:
    """Return a predicted number as plans record it, in hundredths of its unit; None stays None."""
    return None if value is None else round(value, 2)
