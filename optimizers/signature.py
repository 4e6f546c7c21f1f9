"""What a model takes and gives: named tensors with named dynamic axes."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

BATCH = "batch"
# What JSON numbers can be turned into and every framework here computes with.
Dtype = Literal[
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
]  # fmt: skip
DTYPES: tuple[str, ...] = get_args(Dtype)
WORD_PATTERN = r"^[A-Za-z_]\w*$"
# Types of the errors for an axis that no array can have, and for a shape that does not start with the batch.
NO_AXIS, NO_BATCH = "no_axis", "no_batch"


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


def _axis(value: object) -> object:
    """Check one axis here, so that a wrong one is one error and not one for each type that it could have been."""
    size = int(value) if isinstance(value, float) and value.is_integer() else value
    if (isinstance(size, str) and re.fullmatch(WORD_PATTERN, size, re.ASCII)) or (type(size) is int and size > 0):
        return size
    raise PydanticCustomError(NO_AXIS, "an axis is a word or a size from 1 up")


def _starts_with_batch(shape: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if shape[0] != BATCH:
        raise PydanticCustomError(NO_BATCH, "the first axis is the batch")
    return shape


Size = Annotated[int, Field(ge=1)]
Word = Annotated[str, Field(pattern=WORD_PATTERN)]
Axis = Annotated[Size | Word, BeforeValidator(_axis)]
Shape = Annotated[tuple[Axis, ...], Field(min_length=1), AfterValidator(_starts_with_batch)]


class DeclaredInput(BaseModel):
    """
    One input as a person declares it, where the model's file cannot tell it; checked more strictly than a read one.

    Attributes:
        name: The name that callers use.
        dtype: One of `DTYPES`.
        shape: Sizes from 1 up, outermost first. A word is a dynamic axis; axis 0 is `batch`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="The name that callers use.")
    dtype: Dtype = Field(default="float32", description="Type of the numbers, as numpy calls it.")
    shape: Shape = Field(description="Sizes, outermost first: `batch`, then sizes or words for dynamic axes.")

    @property
    def tensor(self) -> TensorSpec:
        """The same, as everything after the spec knows it."""
        return TensorSpec(name=self.name, dtype=self.dtype, shape=self.shape)


class Signature(BaseModel):
    """The named inputs and outputs of a model, in call order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[TensorSpec, ...] = Field(min_length=1)
    outputs: tuple[TensorSpec, ...] = Field(min_length=1)
