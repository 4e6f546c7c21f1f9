"""What a choice of machines is asked."""

from pydantic import Field

from components.capacity.declared import Declared
from components.choice.lag import DeclaredLag
from components.embedded.plan import EmbeddedRequest
from components.endpoint_plan import PlanPart
from components.platforms.choice import Cloud
from optimizers.vocabulary import DeploymentTarget


class ChoiceRequest(PlanPart):
    """
    What a stack asks of its fleet.

    Attributes:
        endpoint: Name, SLA, peak rate and switches of one server.
        target: Where it is meant to run; the others are compared.
        declared: The traffic.
        usd_per_month: Budget at the most replicas; None: no budget.
        usd_per_1000_requests: Budget at the mean rate of declared traffic; None: no budget.
        cloud: Only this one; None: any.
        regions: The one region of each cloud.
        instance_types: Only these; empty: all.
        spot: Whether spot prices count.
        target_utilization: Share of its capacity that a replica may use at the peak.
        min_replicas: Fewest replicas that are wanted; None: what the traffic needs.
        max_replicas: Most replicas.
        lag: What is known of the scaler of `target`; the other targets keep their defaults.
    """

    endpoint: EmbeddedRequest
    target: DeploymentTarget
    declared: Declared
    usd_per_month: float | None = Field(default=None, gt=0)
    usd_per_1000_requests: float | None = Field(default=None, gt=0)
    cloud: Cloud | None = None
    regions: dict[Cloud, str]
    instance_types: tuple[str, ...] = ()
    spot: bool = False
    target_utilization: float = Field(default=0.7, gt=0, le=1)
    min_replicas: int | None = Field(default=None, ge=0)
    max_replicas: int = Field(default=100, ge=1)
    lag: DeclaredLag = DeclaredLag()

    def region_of(self, cloud: Cloud) -> str:
        """Return the region whose machines are meant."""
        return self.regions[cloud]
