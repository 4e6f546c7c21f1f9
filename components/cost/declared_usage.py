"""The mean traffic of a stack: as it is written beside the limit, else as the plans of its endpoints and fleets record it."""

from collections.abc import Iterable

from pydantic import ValidationError

from components.capacity.declared import UNDECLARED
from components.cost.billed_units import HOURS_PER_MONTH
from components.cost.declared_resource import DeclaredResource
from components.cost.usage import Usage
from components.endpoint_plan import PlannedTraffic
from components.tokens import ENDPOINTS, SCALING_CONFIGURATION

SECONDS_PER_MONTH = 3600 * HOURS_PER_MONTH
# Components whose plan records the traffic that it was made for.
TRAFFIC_TYPES = ENDPOINTS | {SCALING_CONFIGURATION}


def declared_usage(resources: Iterable[DeclaredResource], written: Usage) -> Usage:
    """
    Return the usage that is written, and the requests of all endpoints and fleets where none are.

    Unknown where there is neither, where a plan cannot be read, and where one was made for a peak alone: its mean is
    lower, and so many more requests than there are would make each look cheap.
    """
    if written.requests_per_month is not None:
        return written
    plans = [resource.props.get("plan") for resource in resources if resource.type in TRAFFIC_TYPES]
    rates = [_mean_rps(plan) for plan in plans]
    known = [rate for rate in rates if rate is not None]
    if not known or len(known) < len(rates):
        return written
    return written.model_copy(update={"requests_per_month": sum(known) * SECONDS_PER_MONTH})


def _mean_rps(plan: object) -> float | None:
    try:
        traffic = PlannedTraffic.model_validate(plan.get("traffic") if isinstance(plan, dict) else None)
    except ValidationError:
        return None
    return None if traffic.basis == UNDECLARED else traffic.mean_rps
