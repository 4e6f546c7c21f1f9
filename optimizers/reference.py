"""The rows that a deployed artifact is tried on, and the original's answers to them."""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from optimizers.artifact import REFERENCE_NAME
from optimizers.errors import ArtifactError


class Reference(BaseModel):
    """The content of `reference.json`: as many answers as rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: list[Any] = Field(min_length=1)
    outputs: list[Any]

    @model_validator(mode="after")
    def _one_answer_a_row(self) -> Self:
        if len(self.inputs) != len(self.outputs):
            raise ValueError(f"{len(self.outputs)} answers to {len(self.inputs)} rows")
        return self


def read_reference(folder: Path) -> Reference:
    """
    Return the reference rows of an artifact folder.

    They are no part of the artifact's digest. Whoever changes them makes a deployment fail, since a verified artifact
    answers as it did; no wrong artifact can be made to pass.

    Raises:
        ArtifactError: The file is missing, damaged or empty.
    """
    path = folder / REFERENCE_NAME
    try:
        return Reference.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise ArtifactError(f"{path}: not readable reference answers ({reason}); run `serving optimize`") from None
