"""What a prediction says, and on what it rests."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Method(StrEnum):
    """How a prediction was made."""

    CLOSED_FORM = "closed_form"
    SIMULATION = "simulation"
    # Nothing is predicted: the queue grows as long as the load lasts.
    SATURATED = "saturated"


class Prediction(BaseModel):
    """
    Predicted response of a fleet under load.

    Attributes:
        p50_ms: Median response in ms; None when the load reaches the capacity.
        p99_ms: 99th percentile of the response in ms; None when the load reaches the capacity.
        p99_low_ms: Lower end of the interval of the p99.
        p99_high_ms: Upper end of the interval of the p99; what a decision on the safe side rests on.
        closed_form_p99_ms: What the formula says of calls of one row; None where these cannot carry the load.
        capacity_rps: Rows a second that the fleet can answer.
        utilization: Offered load over capacity; from 1 on the queue grows without end.
        mean_batch: Rows in a call at this load; at the capacity, the most.
        method: How p50 and p99 were found.
        model: The same in words, with its inputs and the interval, for the basis.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: float | None
    p99_ms: float | None
    p99_low_ms: float | None
    p99_high_ms: float | None
    closed_form_p99_ms: float | None
    capacity_rps: float = Field(gt=0)
    utilization: float = Field(ge=0)
    mean_batch: float = Field(ge=1)
    method: Method
    model: str


def judged_p99_ms(p99_ms: float | None, p99_high_ms: float | None) -> float | None:
    """
    Return the p99 that is held against an SLA, in ms: the upper end of its interval; None where one of the two is unknown.

    The lower of the two is never the answer, so a record whose ends were swapped wins nothing.
    """
    return None if p99_ms is None or p99_high_ms is None else max(p99_ms, p99_high_ms)


def p99_in_words(p99_ms: float, p99_high_ms: float | None) -> str:
    """Return a p99 as expected and at the upper end of its interval, which records of older versions lack."""
    return f"{p99_ms:g} ms" if p99_high_ms is None else f"{p99_ms:g} ms, up to {p99_high_ms:g},"
