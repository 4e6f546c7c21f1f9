"""What a review reads of a recorded plan; a plan of another version is read as far as these fields go."""

from collections.abc import Mapping
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError, field_validator

from components.tokens import ENDPOINTS, SCALING_CONFIGURATION
from optimizers.accuracy import Accuracy
from optimizers.report import Parity

THIS_MACHINE = "this machine"


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
    # Records of older versions lack it.
    p99_high_ms: float | None = Field(default=None, validation_alias=AliasPath("predicted", "p99_high_ms", "value"))
    p99_basis: str = Field(validation_alias=AliasPath("predicted", "p99_ms", "basis"))
    artifact: str = Field(validation_alias=AliasPath("artifact", "name"))
    artifact_sha256: str = Field(validation_alias=AliasPath("artifact", "sha256"))
    parity: Parity | None
    # Records of plans without labelled data lack it.
    accuracy: Accuracy | None = None


class RecordedFleet(RecordedPlan):
    """The same fields of a `ScalingPlan`: it names no platform, and its parity is in the lock alone."""

    target: str = Field(validation_alias=AliasPath("chosen", "target"))
    platform: str = SCALING_CONFIGURATION.rpartition(":")[2]
    hardware: str = Field(validation_alias=AliasPath("chosen", "machine"))
    # More than the peak needs where the stack asks for more.
    replicas: int = Field(validation_alias=AliasPath("chosen", "scaling", "min_replicas"))
    min_replicas: int = Field(validation_alias=AliasPath("chosen", "scaling", "min_replicas"))
    max_replicas: int = Field(validation_alias=AliasPath("chosen", "scaling", "max_replicas"))
    p99_ms: float | None = Field(validation_alias=AliasPath("chosen", "p99_ms", "value"))
    p99_high_ms: float | None = Field(default=None, validation_alias=AliasPath("chosen", "p99_high_ms"))
    p99_basis: str = Field(validation_alias=AliasPath("chosen", "p99_ms", "basis"))
    artifact: str = Field(validation_alias=AliasPath("chosen", "artifact", "name"))
    artifact_sha256: str = Field(validation_alias=AliasPath("chosen", "artifact", "sha256"))
    parity: Parity | None = None

    @field_validator("hardware", mode="before")
    @classmethod
    def _this_machine(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the state holds
        return THIS_MACHINE if value is None else value


# Type token of each resource that records a plan as its input `plan`, to how it is read.
PLANS: Mapping[str, type[RecordedPlan]] = {
    **dict.fromkeys(ENDPOINTS, RecordedPlan),
    SCALING_CONFIGURATION: RecordedFleet,
}


def read_plan(kind: str, value: Any) -> RecordedPlan | str:  # noqa: ANN401 - whatever the state holds
    """Return the plan of a resource of this type of `PLANS`, or in one sentence why it cannot be read."""
    try:
        return PLANS[kind].model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "plan"
        return f"its recorded plan is of another version or not known yet: `{path}`: {first['msg'].lower()}"
