"""Where the original model lies and what its files cannot tell."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers.signature import TensorSpec
from optimizers.vocabulary import ModelFormat, Prediction


class ModelSource(BaseModel):
    """
    The original model.

    Attributes:
        location: What the spec said; a label for people and for the lock.
        path: The file or folder on this machine.
        prediction: What the model predicts, which decides how parity is measured.
        architecture: `package.module:callable` that returns the `torch.nn.Module`, for files that hold weights only.
        inputs: Names, dtypes and shapes, where the file cannot tell them (weights only, TorchScript).
        samples: Real inputs: `.txt` (one text a line), `.json` (rows) or `.npz` (one array an input); for an image model with
            a processor of its own also a folder of images.
        samples_location: What the spec said of them; a label.
        evaluation: Labelled data: `.json` or `.jsonl` (records) or `.npz` (one array an input, and the labels).
        evaluation_location: What the spec said of them; a label.
        max_length: Longest input in tokens; None for what the model's own files say.
        training: What pruned and smaller models are trained on: `.npz` with labels, or rows as in `samples`.
        training_location: What the spec said of it; a label.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: str
    path: Path
    model_format: ModelFormat
    prediction: Prediction = Prediction.NUMERIC
    architecture: str | None = None
    inputs: tuple[TensorSpec, ...] = ()
    samples: Path | None = None
    samples_location: str | None = None
    evaluation: Path | None = None
    evaluation_location: str | None = None
    max_length: int | None = Field(default=None, gt=0)
    training: Path | None = None
    training_location: str | None = None
