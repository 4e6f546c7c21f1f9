"""What a process that runs passes is told, and what it tells back."""

from importlib import import_module
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from optimizers.engine_tie import EngineTie
from optimizers.model_source import ModelSource
from optimizers.passes import Form, FormedModel, Pass
from optimizers.signature import Signature


class PassSpec(BaseModel):
    """
    A pass as plain values.

    Attributes:
        kind: `module:Class`.
        options: Its fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    options: dict[str, Any]

    @classmethod
    def of(cls, item: Pass) -> Self:
        """Describe a pass."""
        kind = type(item)
        options = TypeAdapter(kind).dump_python(item, mode="json")
        return cls(kind=f"{kind.__module__}:{kind.__qualname__}", options=options)

    def create(self) -> Pass:
        """Return the pass that was described."""
        module, _, name = self.kind.partition(":")
        created: Pass = TypeAdapter(getattr(import_module(module), name)).validate_python(self.options)
        return created


class ModelOnDisk(BaseModel):
    """A model between two passes that has a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    signature: Signature
    path: Path
    remark: str = ""
    engine: EngineTie | None = None

    @classmethod
    def of(cls, model: FormedModel) -> Self:
        """Describe a model; it has a file."""
        return cls(
            form=model.form, signature=model.signature, path=model.file, remark=model.remark, engine=model.engine
        )

    def formed(self) -> FormedModel:
        """Return the model that was described."""
        return FormedModel(self.form, self.signature, path=self.path, remark=self.remark, engine=self.engine)


class PassJob(BaseModel):
    """
    What to do.

    Attributes:
        passes: One after the other; what passes between them may lie in memory, the result of the last has a file.
        model: What the first pass is given; None for the original, which is loaded.
        source: Where the original lies.
        threads: Threads that the original computes with.
        samples: Folder with encoded sample inputs.
        training: Folder with encoded training data.
        folder: Receives the result; empty.
        answer: File that receives the `PassAnswer`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    passes: tuple[PassSpec, ...] = Field(min_length=1)
    model: ModelOnDisk | None
    source: ModelSource
    threads: int = Field(gt=0)
    samples: Path | None = None
    training: Path | None = None
    folder: Path
    answer: Path


class MissingLibrary(BaseModel):
    """An extra that a pass needs and that is not installed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extra: str
    purpose: str


class DiskFailure(BaseModel):
    """An error of the disk or its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    reason: str


class Refusal(BaseModel):
    """A pass that cannot convert this model, with its library's reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    reason: str


class PassAnswer(BaseModel):
    """What came of it: exactly one of these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelOnDisk | None = None
    refusal: Refusal | None = None
    missing: MissingLibrary | None = None
    disk: DiskFailure | None = None
