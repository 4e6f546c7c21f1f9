"""What the second process is told, and what it tells back."""

import ipaddress
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import psutil
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from components.capacity.arrivals import HIGHEST_VARIATION

# A load for a server on this machine; more than this would test the client.
MOST_REQUESTS = 1_000_000
LONGEST_S = 600


def is_on_this_machine(url: str) -> bool:
    """Return whether the host of `url` is `localhost` or an address of this machine; no name is looked up."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    own = {found.address for addresses in psutil.net_if_addrs().values() for found in addresses}
    return address.is_loopback or str(address) in own


class Job(BaseModel):
    """
    What both kinds of load are told.

    Attributes:
        url: The endpoint's `/predict`; on this machine only.
        seconds: Length of the step.
        seed: Decides rows, and arrival times where they are drawn.
        timeout_s: A request that is not answered by then counts as an error.
        reference: Rows that the sent ones are made from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: ClassVar[str]

    url: str
    seconds: float = Field(gt=0, le=LONGEST_S)
    seed: int
    timeout_s: float = Field(gt=0)
    reference: list[Any] = Field(min_length=1)

    @field_validator("url")
    @classmethod
    def _on_this_machine(cls, url: str) -> str:
        if not is_on_this_machine(url):
            raise ValueError(f"`{urlsplit(url).hostname}` is not this machine; a load goes to its own addresses only")
        return url


class SaturationJob(Job):
    """
    As much as an endpoint can answer.

    Attributes:
        callers: Each sends its next request when its last one is answered.
    """

    module: ClassVar[str] = "components.load.saturation"

    callers: int = Field(ge=1)


class LoadJob(Job):
    """
    One step of a load of its own rate.

    Attributes:
        rate_rps: Mean arrivals a second; times `seconds` at most a million.
        arrival_variation: Squared coefficient of variation of the gaps between arrivals: 1 for independent callers
            (Poisson), above for bursts.
    """

    module: ClassVar[str] = "components.load.generator"

    rate_rps: float = Field(gt=0)
    arrival_variation: float = Field(default=1, ge=1, le=HIGHEST_VARIATION)

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if self.rate_rps * self.seconds > MOST_REQUESTS:
            raise ValueError(
                f"{self.rate_rps:g} a second for {self.seconds:g} s is too many; send at most {MOST_REQUESTS} requests"
            )
        return self


class LoadAnswer(BaseModel):
    """
    What happened.

    Attributes:
        latencies_ms: Of the answered requests, to the end of the answer: from the intended send time, or from the true one
            where nothing was intended.
        errors: Kind (`status 429`, `timeout`, `connection`) to number of requests.
        lags_ms: How much later than intended each request was sent; empty where nothing was intended.
        elapsed_s: From the start to the last answer, and at least the length of the step.
        answered_s: When each answer ended, from the start, ascending; empty where requests come at times of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latencies_ms: list[float]
    errors: dict[str, int]
    lags_ms: list[float]
    elapsed_s: float
    answered_s: list[float] = Field(default_factory=list[float])
