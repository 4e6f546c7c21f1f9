"""What a process that holds a model is asked, and what it answers: one line of JSON each."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers.original_job import OriginalFacts


class LoadCandidate(BaseModel):
    """Load a built artifact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    threads: int = Field(gt=0)
    streams: int = Field(default=1, gt=0)


class LoadedCandidate(BaseModel):
    """
    What loading an artifact took.

    Attributes:
        load_time_s: The runtime's own start included.
        memory_bytes: What the process had to itself before it loaded anything.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_time_s: float = Field(ge=0)
    memory_bytes: int = Field(ge=0)


class AskModel(BaseModel):
    """
    Answer a batch, or take a turn of a measurement.

    Attributes:
        inputs: File with the batch.
        outputs: File that receives the answers; None for a turn.
        calls: Timed calls of each caller.
        concurrency: Callers at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: Path
    outputs: Path | None = None
    calls: int = Field(default=1, gt=0)
    concurrency: int = Field(default=1, gt=0)


class Turn(BaseModel):
    """
    What a turn took.

    Attributes:
        latencies_ms: Of each timed call.
        wall_s: From the first call to the last answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latencies_ms: list[float]
    wall_s: float


class FailureKind(StrEnum):
    """Which error the parent raises."""

    UNSUPPORTED = "unsupported"
    MISSING = "missing"
    OTHER = "other"


class Failure(BaseModel):
    """
    What went wrong.

    Attributes:
        text: In the words of the error; of a missing extra, what needs it.
        extra: The missing extra.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FailureKind
    text: str
    extra: str = ""


class ModelAnswer(BaseModel):
    """One of these; none of them where outputs were written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: OriginalFacts | None = None
    loaded: LoadedCandidate | None = None
    turn: Turn | None = None
    failure: Failure | None = None
