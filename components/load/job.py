"""What the second process is told, and what it tells back."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

# A load for a server on this machine; more than this would test the client.
MOST_REQUESTS = 1_000_000
LONGEST_S = 600
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class LoadJob(BaseModel):
    """
    One step of a load.

    Attributes:
        url: The endpoint's `/predict`; on the loopback interface of this machine only.
        rate_rps: Mean arrivals a second.
        seconds: Length of the step.
        seed: Decides arrival times and rows.
        timeout_s: A request that is not answered by then counts as an error.
        reference: Rows that the sent ones are made from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    rate_rps: float = Field(gt=0)
    seconds: float = Field(gt=0, le=LONGEST_S)
    seed: int
    timeout_s: float = Field(gt=0)
    reference: list[Any] = Field(min_length=1)

    @field_validator("url")
    @classmethod
    def _on_this_machine(cls, url: str) -> str:
        host = urlsplit(url).hostname
        if host not in LOOPBACK:
            raise ValueError(f"`{host}` is not this machine; a load goes to {', '.join(sorted(LOOPBACK))} only")
        return url


class LoadAnswer(BaseModel):
    """
    What happened.

    Attributes:
        latencies_ms: Of the answered requests, from the intended send time to the end of the answer.
        errors: Kind (`status 429`, `timeout`, `connection`) to number of requests.
        lags_ms: How much later than intended each request was sent.
        elapsed_s: From the start to the last answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latencies_ms: list[float]
    errors: dict[str, int]
    lags_ms: list[float]
    elapsed_s: float
