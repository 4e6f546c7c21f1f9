"""SageMaker serverless: memory x time, while requests run and, where concurrency is provisioned, while it is kept ready."""

from collections.abc import Iterator

from pydantic import Field

from components.catalog.unit_price import Item, Unit
from components.cost.billed_units import HOURS_PER_MONTH, Amount, BilledUnits, CostKind
from components.cost.machines import LARGEST, Count
from components.cost.month import number
from components.cost.usage import Usage
from components.endpoint_plan import PlanPart

SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
# Far over the 6 GB that SageMaker gives (API reference of ProductionVariantServerlessConfig).
LARGEST_MEMORY_GB = 10_000
UNKNOWN_TIME = "how long it runs is not known; set `requests_per_month` and `seconds_per_request`"


class ServerlessVariant(PlanPart):
    """
    A variant that runs on demand.

    Attributes:
        max_concurrency: How many requests may run at once.
        count: How many requests it is kept ready for: bounds of a scaling target, and as it is written.
        variant: Its name, by which a scaling target of its own may scale what is kept ready.
    """

    resource: str
    region: str
    memory_gb: float = Field(gt=0, le=LARGEST_MEMORY_GB)
    max_concurrency: int = Field(ge=1, le=LARGEST)
    count: Count = Count(minimum=0, expected=0, maximum=0)
    variant: str | None = None


def serverless_units(variant: ServerlessVariant, usage: Usage) -> Iterator[BilledUnits]:
    """
    Return what a variant is billed for: gigabytes x seconds.

    The declared requests run whatever the bounds are, so minimum and expected are equal. At the maximum every request that
    may run at once runs all month. All requests of the stack may come to each variant: too much, never too little.
    """
    ready = variant.count
    # What is not kept ready at the least may run on demand, and all that is at the most may be busy.
    fewest = min(ready.minimum, ready.expected)
    yield _unit(variant, Item.SERVERLESS, "on demand", _time(usage, over=fewest, up_to=variant.max_concurrency))
    if ready.maximum:
        kept = Amount.of(ready, SECONDS_PER_MONTH)
        yield _unit(variant, Item.SERVERLESS_PROVISIONED, f"kept ready for {number(ready)} requests", kept)
        busy = _time(usage, over=0, up_to=ready.maximum)
        yield _unit(variant, Item.SERVERLESS_PROVISIONED_RUN, "in what is kept ready", busy)


def _time(usage: Usage, over: float, up_to: float) -> Amount | None:
    """Return the seconds of requests beyond the first `over` slots and within `up_to`, kept full one after the other."""
    if usage.requests_per_month is None or usage.seconds_per_request is None:
        return None
    total = usage.requests_per_month * usage.seconds_per_request
    expected = max(0.0, min(total, _seconds(up_to)) - _seconds(over))
    return Amount(minimum=expected, expected=expected, maximum=max(0.0, _seconds(up_to) - _seconds(over)))


def _seconds(slots: float) -> float:
    return float(slots * SECONDS_PER_MONTH)


def _unit(variant: ServerlessVariant, item: Item, how: str, seconds: Amount | None) -> BilledUnits:
    gigabytes = variant.memory_gb
    return BilledUnits(
        resource=variant.resource,
        kind=CostKind.SERVERLESS,
        what=f"{gigabytes:g} GB of serverless memory, {how}",
        item=item,
        region=variant.region,
        unit=Unit.GB_SECOND,
        amount=None if seconds is None else Amount.of(seconds, gigabytes),
        unknown=UNKNOWN_TIME,
    )
