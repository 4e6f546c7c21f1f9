"""What is billed by another unit than a machine's hour: disks, load balancers, control planes, serverless memory."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from components.catalog.instance_type import Day, Price
from components.platforms.choice import Cloud


class Unit(StrEnum):
    """What a price is for one of."""

    HOUR = "hour"
    GB_MONTH = "GB-month"
    GB_SECOND = "GB-second"


class Item(StrEnum):
    """
    What the cost model itself looks up; disks are looked up by the provider's own name of their type.

    `SERVERLESS` is memory while a request runs, `SERVERLESS_PROVISIONED` memory that is kept ready, and
    `SERVERLESS_PROVISIONED_RUN` memory while a request runs in what is kept ready.
    """

    EBS_GP2 = "ebs-gp2"
    EBS_GP3 = "ebs-gp3"
    PD_BALANCED = "pd-balanced"
    SAGEMAKER_VOLUME = "sagemaker-hosting-volume"
    APPLICATION_LOAD_BALANCER = "application-load-balancer"
    NETWORK_LOAD_BALANCER = "network-load-balancer"
    GATEWAY_LOAD_BALANCER = "gateway-load-balancer"
    CLASSIC_LOAD_BALANCER = "classic-load-balancer"
    FORWARDING_RULE = "forwarding-rule"
    EKS_CLUSTER = "eks-cluster"
    EKS_CLUSTER_EXTENDED = "eks-cluster-extended"
    GKE_CLUSTER = "gke-cluster"
    SERVERLESS = "sagemaker-serverless"
    SERVERLESS_PROVISIONED = "sagemaker-serverless-provisioned"
    SERVERLESS_PROVISIONED_RUN = "sagemaker-serverless-provisioned-run"


class UnitPrice(BaseModel):
    """
    A row: what one unit of an item costs in a region.

    Attributes:
        item: An `Item`, or a disk type as its provider writes it: `pd-ssd`.
        usd_per_unit: Above 0; None: unknown, which is not free.
        source: Where it was read.
        as_of: Day on which it was true; None: the source does not say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Cloud
    item: str
    region: str
    unit: Unit
    usd_per_unit: float | None = None
    source: str = ""
    as_of: Day | None = None

    @property
    def basis(self) -> str:
        """Return where and when the price was read."""
        return Price(source=self.source, as_of=self.as_of).basis(spot=False)
