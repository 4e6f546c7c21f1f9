"""What a review reads of a recorded plan; a plan of another version is read as far as these fields go."""

from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from optimizers.report import Parity


class RecordedPlan(BaseModel):
    """
    The fields of an `EndpointPlan` that a reviewer is shown.

    The plan in the state may be of an older version of this product, the one in the program is of this one. Fields that
    are not shown may differ, so that a review still has both sides.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    target: str
    platform: str = Field(validation_alias=AliasPath("platform", "value"))
    hardware: str = Field(validation_alias=AliasPath("hardware", "description"))
    replicas: int = Field(validation_alias=AliasPath("replicas", "value"))
    min_replicas: int = Field(validation_alias=AliasPath("scaling", "min_replicas"))
    max_replicas: int = Field(validation_alias=AliasPath("scaling", "max_replicas"))
    latency_sla_ms: int
    p99_ms: float | None = Field(validation_alias=AliasPath("predicted", "p99_ms", "value"))
    p99_basis: str = Field(validation_alias=AliasPath("predicted", "p99_ms", "basis"))
    artifact: str = Field(validation_alias=AliasPath("artifact", "name"))
    artifact_sha256: str = Field(validation_alias=AliasPath("artifact", "sha256"))
    parity: Parity | None


def read_plan(value: Any) -> RecordedPlan | str:  # noqa: ANN401 - whatever the state holds
    """Return the plan, or in one sentence why it cannot be read."""
    try:
        return RecordedPlan.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "plan"
        return f"its recorded plan is of another version or not known yet: `{path}`: {first['msg'].lower()}"
