"""A row of the catalog: a machine that can be rented, and what an hour of it costs."""

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from components.catalog.services import Service
from components.platforms.choice import Cloud

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Before a spot price's own source, in the one column that names both.
SPOT_MARK = " ; spot: "
# In the source of a price: the local SSDs that the provider adds to the machine are billed beside it.
WITHOUT_LOCAL_SSD = "without local SSD"

# What a row is looked up by: service, region, name.
RowKey = tuple[Service, str, str]


def _written_day(value: object) -> object:
    # Pydantic alone reads `20260720` as seconds since 1970.
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("a day is written like 2026-07-20")
    return value


Day = Annotated[date, BeforeValidator(_written_day)]


class InstanceType(BaseModel):
    """
    A machine, or an accelerator that is added to one, as one service sells it in one region.

    Attributes:
        name: As the provider writes it: `g5.xlarge`, `ml.g5.xlarge`, `g2-standard-4`, `tpu-v6e-1`.
        vcpu: Virtual processors; None: unknown, or an accelerator alone.
        memory_gib: Main memory in GiB (2^30 bytes); None like `vcpu`.
        accelerator: The chip, in small letters: `l4`, `a100`, `inferentia2`, `tpu-v6e`; None where there is none.
        accelerator_count: Chips in the machine; None exactly where `accelerator` is.
        accelerator_memory_gib: Memory of one chip in GiB; None where unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Cloud
    service: Service
    region: str
    name: str
    accelerator: str | None = None
    accelerator_count: int | None = None
    accelerator_memory_gib: float | None = None
    vcpu: int | None = None
    memory_gib: float | None = None


class Price(BaseModel):
    """
    What an hour costs. An unknown price is None, never 0: a budget that trusts it must be refused, not met.

    Attributes:
        usd_per_hour: On demand, Linux, without discounts.
        spot_usd_per_hour: An estimate of spot: the median over availability zones, which differ by up to half.
        source: Where both prices were read; a spot price's own source follows `SPOT_MARK`.
        as_of: Day on which the on-demand price was true; None: the source does not say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd_per_hour: float | None = None
    spot_usd_per_hour: float | None = None
    source: str = ""
    as_of: Day | None = None

    @property
    def leaves_out_local_ssd(self) -> bool:
        """Whether local SSDs that a machine brings along are not in the price, as its source says."""
        return WITHOUT_LOCAL_SSD in self.source

    def basis(self, *, spot: bool) -> str:
        """Return where and when the price was read; a spot price with a source of its own names its day there."""
        on_demand_source, mark, spot_source = self.source.partition(SPOT_MARK)
        if spot and mark:
            return spot_source
        return f"{on_demand_source}, {self.as_of.isoformat() if self.as_of else 'undated'}"


class CatalogRow(BaseModel):
    """A machine and its price."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instance: InstanceType
    price: Price

    @property
    def key(self) -> RowKey:
        """What a row is looked up by: service, region, name."""
        return self.instance.service, self.instance.region, self.instance.name

    @property
    def label(self) -> str:
        """The key, for people."""
        return f"{self.instance.service} {self.instance.region} {self.instance.name}"
