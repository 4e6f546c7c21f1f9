"""What answers the requests: replicas, their batchers, and who decides which replica gets a request."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.arrivals import HIGHEST_VARIATION
from components.capacity.service import ServiceTimes


class Routing(StrEnum):
    """How a load balancer picks a replica."""

    # One line for all replicas: the bound that no balancer beats.
    SHARED_QUEUE = "shared_queue"
    LEAST_OUTSTANDING = "least_outstanding"
    ROUND_ROBIN = "round_robin"
    RANDOM = "random"


class Fleet(BaseModel):
    """
    Replicas that are alike, each with a greedy batcher.

    Attributes:
        replicas: Number of replicas.
        concurrent_calls: Calls of the model that a replica has in flight at most.
        max_batch_size: Most rows in a call; a call takes what waits, and never waits for more.
        routing: Who gets a request; without meaning for one replica.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int = Field(default=1, ge=1)
    concurrent_calls: int = Field(default=1, ge=1)
    max_batch_size: int = Field(default=1, ge=1)
    routing: Routing = Routing.LEAST_OUTSTANDING

    def capacity_rps(self, service: ServiceTimes) -> float:
        """Return the rows a second that all replicas answer when every call is full and none is idle."""
        calls, rows = self.concurrent_calls, self.max_batch_size
        return 1000 * self.replicas * calls * rows / service.busy_ms(rows, calls)


class Arrivals(BaseModel):
    """
    Requests of one row each.

    Attributes:
        rate_rps: Mean arrivals a second.
        variation: Squared coefficient of variation of the gaps: 1 for independent callers (Poisson), above for bursts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_rps: float = Field(gt=0, allow_inf_nan=False)
    variation: float = Field(default=1, ge=1, le=HIGHEST_VARIATION)
