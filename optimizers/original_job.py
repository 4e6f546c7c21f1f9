"""What the process that holds the original model is told first, and what it tells of it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers.artifact import Tokenizer
from optimizers.model_source import ModelSource
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature
from optimizers.vocabulary import Runtime


class LoadOriginal(BaseModel):
    """Load the original model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: ModelSource
    threads: int = Field(gt=0)


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
