"""What was measured, on which machine, and which candidate was chosen."""

from itertools import pairwise
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from optimizers.accuracy import Accuracy
from optimizers.configuration import Configuration
from optimizers.hardware import Hardware
from optimizers.vocabulary import Precision, Runtime

ORIGINAL = "original"
# How the verdict begins of a candidate that the time for a build did not suffice for.
UNTRIED = "not tried:"

# At which shares of the calls a measurement keeps the latency: evenly spaced, and closer where the p99 of a queue is decided.
QUANTILE_LEVELS = (0.0, *(step / 20 for step in range(1, 20)), 0.97, 0.98, 0.99, 0.995, 0.999, 1.0)


class Interval(BaseModel):
    """A value in milliseconds with its 95 % confidence interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value_ms: float = Field(ge=0)
    low_ms: float = Field(ge=0)
    high_ms: float = Field(ge=0)


class Measurement(BaseModel):
    """
    Latency and throughput of one candidate under one load.

    Attributes:
        batch_size: Rows in each call.
        concurrency: Calls in flight at once.
        samples: Calls that were timed, warm-up not counted.
        p50: Median latency of a call.
        p99: 99th percentile of the latency of a call.
        throughput_rps: Rows answered a second.
        squared_variation: Variance of the latency over its squared mean (dimensionless).
        quantiles_ms: Latency at each of `QUANTILE_LEVELS`, ascending; empty where they are not kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(gt=0)
    concurrency: int = Field(gt=0)
    samples: int = Field(gt=0)
    p50: Interval
    p99: Interval
    throughput_rps: float = Field(gt=0)
    squared_variation: float = Field(ge=0)
    quantiles_ms: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _quantiles_ascend(self) -> Self:
        if self.quantiles_ms and len(self.quantiles_ms) != len(QUANTILE_LEVELS):
            raise ValueError(f"{len(self.quantiles_ms)} quantiles; a measurement keeps {len(QUANTILE_LEVELS)} or none")
        if any(not 0 <= low <= high for low, high in pairwise(self.quantiles_ms)):
            raise ValueError("quantiles are not negative and ascend")
        return self


class Parity(BaseModel):
    """
    How near a candidate's answers are to the original's.

    Attributes:
        metric: `cosine` is the lowest cosine similarity over all samples, `top1` the share of samples with the
            same highest class, `max_error` the largest of absolute error over (1 + |original|).
        passed: `value` is at least `threshold`; for `max_error`, at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Literal["cosine", "top1", "max_error"]
    value: float
    threshold: float
    samples: int = Field(gt=0)
    passed: bool

    @model_validator(mode="after")
    def _passed_as_measured(self) -> Self:
        reached = self.value <= self.threshold if self.metric == "max_error" else self.value >= self.threshold
        if self.passed is not reached:
            raise ValueError(
                f"passed is {self.passed}, and {self.metric} {self.value:g} of {self.threshold:g} says otherwise"
            )
        return self


def is_right(parity: Parity | None, accuracy: Accuracy | None) -> bool:
    """Return whether what scored so may be served: labels decide where there are some, else nearness to the original."""
    decides = accuracy or parity
    return decides is not None and decides.passed


class CandidateReport(BaseModel):
    """
    One candidate's results; the original model is the candidate named `original`.

    Attributes:
        artifact_sha256: Digest of the built folder; None for the original and for one that could not be built.
        accuracy: On labelled data; None where there are none.
        configuration: Threads and streams that it was fastest with; None where it was measured with those of the report.
        memory_bytes: What a fresh process takes more of memory, that no other process shares, once it loaded the model and
            its runtime and answered the samples; None where it was not measured.
        remark: What its last pass decided, in words.
        verdict: Why it was chosen or not, in one sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    runtime: Runtime
    precision: Precision
    size_bytes: int = Field(ge=0)
    artifact_sha256: str | None = None
    load_time_s: float | None = None
    # Left out of a lock where it is not known, so that the digest stays.
    configuration: Configuration | None = Field(default=None, exclude_if=lambda value: value is None)
    memory_bytes: int | None = Field(default=None, ge=0, exclude_if=lambda value: value is None)
    parity: Parity | None = None
    # Left out where there is none, so that locks without keep their digest.
    accuracy: Accuracy | None = Field(default=None, exclude_if=lambda accuracy: accuracy is None)
    measurements: tuple[Measurement, ...] = ()
    remark: str = Field(default="", exclude_if=lambda remark: not remark)
    verdict: str

    @property
    def is_right(self) -> bool:
        """Whether it may be served."""
        return is_right(self.parity, self.accuracy)

    @property
    def best_throughput_rps(self) -> float | None:
        """Rows a second at the load that answered most; None where nothing was measured."""
        return max((item.throughput_rps for item in self.measurements), default=None)

    def at(self, batch_size: int, concurrency: int) -> Measurement | None:
        """Return the measurement at exactly this load, or None if it was not made."""
        for measurement in self.measurements:
            if (measurement.batch_size, measurement.concurrency) == (batch_size, concurrency):
                return measurement
        return None


class ServerOverhead(BaseModel):
    """
    What a server with this model adds to a call of one row.

    Attributes:
        busy_ms: Beside the call, until the next one can start.
        waiting_ms: What a request waits besides, while others may be computed.
        resize_ms: Of the model itself: what a call takes longer that has other rows than the one before. OpenVINO prepares
            its graph again for each change of shape.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    busy_ms: float = Field(ge=0, allow_inf_nan=False)
    waiting_ms: float = Field(ge=0, allow_inf_nan=False)
    resize_ms: float = Field(default=0, ge=0, allow_inf_nan=False)


class Report(BaseModel):
    """
    All candidates of one recipe, measured interleaved in one run on one machine.

    Attributes:
        measured_at: UTC, ISO 8601.
        threads: Threads that each call of the chosen candidate could use.
        streams: Calls that the chosen candidate's runtime computed at once, each with threads of its own.
        sequence_length: Tokens in each measured row, for models that take text.
        samples_from: Where the inputs come from on which candidates were compared, in words; None where unknown.
        evaluated_on: The labelled data that candidates were scored on, in words; None where there are none.
        other_cpu_share: Share of all cores, 0 to 1, that other work kept busy meanwhile; None where it is unknown.
        versions: Distribution name to version, of every library that took part.
        chosen: Name of the chosen candidate.
        budget_s: The time that a build had which left candidates untried; None where it tried all.
        profile: Of the chosen candidate alone, with more batch sizes and calls: what predictions rest on. Empty where it
            was not measured.
        server: Measured with the chosen candidate; None where it was not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_at: str
    hardware: Hardware
    threads: int = Field(gt=0)
    streams: int = Field(default=1, gt=0, exclude_if=lambda streams: streams == 1)
    sequence_length: int | None = None
    samples_from: str | None = None
    evaluated_on: str | None = Field(default=None, exclude_if=lambda data: data is None)
    other_cpu_share: float | None = Field(default=None, ge=0, le=1)
    versions: dict[str, str]
    candidates: tuple[CandidateReport, ...]
    chosen: str
    budget_s: float | None = Field(default=None, gt=0, exclude_if=lambda seconds: seconds is None)
    profile: tuple[Measurement, ...] = ()
    # Left out of a lock where it was not measured, so that the digest stays.
    server: ServerOverhead | None = Field(default=None, exclude_if=lambda server: server is None)

    @property
    def cores(self) -> int:
        """Cores that the chosen candidate keeps busy."""
        return self.threads * self.streams

    @property
    def call_times(self) -> tuple[Measurement, ...]:
        """The chosen candidate's measurements that a prediction rests on: its profile, else what it was compared by."""
        return self.profile or self.candidate(self.chosen).measurements

    @property
    def compared_rows(self) -> int | None:
        """Sample rows on which candidates were compared with the original; None where none was."""
        return next((item.parity.samples for item in self.candidates if item.parity), None)

    def candidate(self, name: str) -> CandidateReport:
        """Return the candidate of this name. Raises KeyError if there is none."""
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
