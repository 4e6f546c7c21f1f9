"""What a model takes and gives: named tensors with named dynamic axes."""

from pydantic import BaseModel, ConfigDict, Field


class TensorSpec(BaseModel):
    """
    One named tensor.

    Attributes:
        name: The name that callers use.
        dtype: A numpy dtype name such as `float32` or `int64`.
        shape: Sizes, outermost first. A word is a dynamic axis; axis 0 is always `batch`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    dtype: str = "float32"
    shape: tuple[int | str, ...] = Field(min_length=1)


class Signature(BaseModel):
    """The named inputs and outputs of a model, in call order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[TensorSpec, ...] = Field(min_length=1)
    outputs: tuple[TensorSpec, ...] = Field(min_length=1)
