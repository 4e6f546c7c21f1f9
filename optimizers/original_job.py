"""What the process that holds the original model is asked, and what it answers: one line of JSON each."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers.artifact import Tokenizer
from optimizers.model_source import ModelSource
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature
from optimizers.vocabulary import Runtime


class LoadOriginal(BaseModel):
    """The first line: load it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: ModelSource
    threads: int = Field(gt=0)


class AskOriginal(BaseModel):
    """
    Every further line: answer a batch, or take a turn of a measurement.

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


class OriginalFacts(BaseModel):
    """
    What is known of an original once it is loaded.

    Attributes:
        path: Its file, where its form has one.
        tokenizer_file: The `tokenizer.json` that belongs to it.
        load_time_s: How long loading took, the framework's own start included.
        samples: File with sample inputs that its own processor made; None where another part of the build makes them.
        samples_from: Where these come from, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    signature: Signature
    path: Path | None
    runtime: Runtime
    tokenizer: Tokenizer | None
    tokenizer_file: Path | None
    load_time_s: float = Field(ge=0)
    samples: Path | None = None
    samples_from: str = ""

    @property
    def model(self) -> FormedModel:
        """What the first pass starts from; another process loads it again where it has no file."""
        return FormedModel(self.form, self.signature, path=self.path)


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


class OriginalAnswer(BaseModel):
    """One of these; none of them where outputs were written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: OriginalFacts | None = None
    turn: Turn | None = None
    failure: Failure | None = None
