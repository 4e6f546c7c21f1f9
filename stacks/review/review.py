"""A review of a preview: what a reviewer of a pull request has to know, as plain values."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from components.cost.month import UsdPerMonth
from optimizers.accuracy import Accuracy
from optimizers.report import Parity

# Raised where a field is renamed, removed or means something else; a new field alone does not raise it.
REVIEW_VERSION = 1


class ReviewPart(BaseModel):
    """Base of every part of a review: frozen, and an unknown field is an error."""

    # A reader may rely on every field of a document, those with a default too.
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class EndpointState(ReviewPart):
    """One side of a row. A field that is None is unknown, or was not planned where the row's `planned` is false."""

    platform: str | None = Field(
        default=None, description="The serving platform; the resource's kind where it has none."
    )
    target: str | None = Field(default=None, description="The deployment target.")
    instances: tuple[str, ...] = Field(
        default=(), description="The machines: rented ones with their number, or this one."
    )
    replicas: str | None = Field(default=None, description="`2`, or `1 to 4` where an autoscaler decides.")
    p99_ms: float | None = Field(default=None, description="Predicted p99 at the caller, in ms.")
    p99_high_ms: float | None = Field(
        default=None, description="Upper end of that p99, which is held against the SLA; None where it is unknown."
    )
    latency_sla_ms: int | None = Field(default=None, description="The p99 that is asked for, in ms.")
    artifact: str | None = Field(default=None, description="Name of the locked artifact.")
    artifact_sha256: str | None = Field(default=None, description="Its digest.")
    parity: Parity | None = Field(default=None, description="How near its answers are to the original model's.")
    accuracy: Accuracy | None = Field(
        default=None, description="How right it is on labelled data, which then decide; None where there are none."
    )
    rented: bool = Field(description="Whether something of it is paid by the hour or month.")
    usd_per_month: UsdPerMonth | None = Field(description="What is rented for it; None where a price is unknown.")


class EndpointReview(ReviewPart):
    """One row: an endpoint, or a resource that was written by hand and costs something."""

    name: str = Field(description="As the program names it.")
    type: str = Field(description="Type token of the resource.")
    operation: str = Field(description="same, create, update, replace or delete.")
    planned: bool = Field(description="Whether the resource records a plan; without one nobody predicted anything.")
    before: EndpointState | None = Field(description="As it runs; None where it does not exist yet.")
    after: EndpointState | None = Field(description="As it will run; None where it will be gone.")
    usd_per_month_change: UsdPerMonth | None = Field(description="After less before; None where one is unknown.")


class PricedLine(ReviewPart):
    """One side of a cost line."""

    what: str = Field(description="Number and type: `1 to 4 x ml.g5.xlarge`.")
    usd_per_month: UsdPerMonth | None = Field(description="None where the price is unknown.")
    basis: str = Field(description="Source and day of the price, or why it is unknown.")


class CostLineChange(ReviewPart):
    """What one thing costs now and after."""

    resource: str = Field(description="The resource that it belongs to.")
    before: PricedLine | None = Field(description="None where it is not paid for yet.")
    after: PricedLine | None = Field(description="None where it will not be paid for any more.")
    usd_per_month_change: UsdPerMonth | None = Field(description="After less before; None where one is unknown.")


class CostReview(ReviewPart):
    """What the whole stack costs a month, in US dollars."""

    before: UsdPerMonth | None = Field(description="As it runs; None where a price or a number of machines is unknown.")
    after: UsdPerMonth | None = Field(description="As it will run; None like `before`.")
    change: UsdPerMonth | None = Field(description="After less before; None where one is unknown.")
    lines: tuple[CostLineChange, ...] = Field(description="Line by line, by resource.")
    not_priced: int = Field(
        ge=0,
        description="Number of resources that will be there of types that nothing here prices; they count as nothing.",
    )
    remarks: tuple[str, ...] = Field(
        description="What to know beside the sum, of what will run: pools that stand idle."
    )


class PropertyChange(ReviewPart):
    """One property that differs; a side that is None has no such property."""

    path: str
    before: str | None
    after: str | None


class ResourceReview(ReviewPart):
    """What changes of one resource."""

    name: str
    type: str
    operation: str
    properties: tuple[PropertyChange, ...] = Field(description="What differs, for an update or a replacement.")


class PolicyReview(ReviewPart):
    """What one policy says."""

    policy: str
    verdict: str = Field(description="passed, warned, refused, not set or not applicable.")
    rule: str
    messages: tuple[str, ...] = Field(description="Value got, limit and remedy, where it did not pass.")


class PriceDates(ReviewPart):
    """How old the prices are that the costs rest on."""

    oldest: date | None = Field(description="None where no price has a day.")
    newest: date | None
    undated: int = Field(ge=0, description="Number of prices of which nobody knows the day.")
    oldest_days: int | None = Field(description="Age of the oldest on the day of the review.")


class Review(ReviewPart):
    """
    Everything that changes with a pull request, in one document.

    `changes`, `changed`, `policies` and `plan` are what `serving preview --json` has always printed.
    """

    version: int = Field(default=REVIEW_VERSION, description="Of this document's form.")
    stack: str
    folder: str = Field(default="", description="Of the project in its repository; empty at its root.")
    commit: str | None = Field(description="The commit that was previewed; None outside of git.")
    headline: str = Field(description="One sentence: cost, p99, verdicts.")
    refused: bool = Field(description="Whether a mandatory policy refuses.")
    endpoints: tuple[EndpointReview, ...]
    cost: CostReview
    changes: dict[str, int] = Field(description="Operation to number of resources.")
    changed: dict[str, str] = Field(
        description="Name of each resource that does not stay the same, its type before it where another has the same "
        "name, to its operation."
    )
    resources: tuple[ResourceReview, ...] = Field(description="The same, with the properties that differ.")
    policies: tuple[PolicyReview, ...]
    unknown: tuple[str, ...] = Field(description="What nobody knows, one sentence each.")
    prices: PriceDates
    assumptions: tuple[str, ...] = Field(description="What the numbers take for granted, one sentence each.")
    plan: dict[str, Any] | None = Field(description="The plan that the stack's spec gives; None where there is none.")
