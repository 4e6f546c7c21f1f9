"""What every part of the spec is made of."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

# Type of the error for two fields that contradict each other; its context has `path`, `got`, `rule` and `fix`.
DISAGREEMENT = "disagreement"


def whole(value: object) -> object:
    """Turn 2.0 into 2, which JSON and `pulumi` do not tell apart; anything else stays as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Strict, as the JSON Schema is: no text that looks like a number, no `true` that counts as 1.
Whole = Annotated[int, Field(strict=True), BeforeValidator(whole)]
Number = Annotated[float, Field(strict=True)]
PositiveNumber = Annotated[float, Field(strict=True, gt=0, le=1e12)]
Truth = Annotated[bool, Field(strict=True)]


class SpecPart(BaseModel):
    """Base of every part of the spec: frozen, an unknown field is an error, and so is a number that is not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def disagreement(*, path: str, got: str, rule: str, fix: str) -> PydanticCustomError:
    """Return the error for two fields that contradict each other; pydantic adds it to the others."""
    return PydanticCustomError(DISAGREEMENT, "{rule}", {"path": path, "got": got, "rule": rule, "fix": fix})
