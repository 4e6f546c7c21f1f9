"""What a stack's users do in a month, where a cost depends on it; unknown is None, never 0."""

from pydantic import Field

from components.endpoint_plan import PlanPart


class Usage(PlanPart):
    """
    Declared traffic, of all endpoints of the stack together.

    Attributes:
        requests_per_month: The mean, not the peak.
        seconds_per_request: What one request keeps a serverless endpoint busy for, in the mean.
        tokens_per_request: In and out, in the mean.
    """

    requests_per_month: float | None = Field(default=None, gt=0)
    seconds_per_request: float | None = Field(default=None, gt=0)
    tokens_per_request: float | None = Field(default=None, gt=0)


UNKNOWN_USAGE = Usage()
