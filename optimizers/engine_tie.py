"""What a compiled engine is tied to."""

from pydantic import BaseModel, ConfigDict


class EngineTie(BaseModel):
    """
    An engine that was compiled on one GPU does not load on another architecture, nor in another version of its library.

    Attributes:
        architecture: `sm_90`.
        runtime_version: Of the library that built it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    runtime_version: str
