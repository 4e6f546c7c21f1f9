"""Traffic as it was declared, and what a plan records of it."""

from pydantic import BaseModel, ConfigDict

from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import ConstantTraffic, RampTraffic, Traffic
from components.cost.billed_units import HOURS_PER_MONTH
from components.endpoint_plan import PlannedTraffic

# Basis of traffic that nobody declared: a peak, of which no mean is known.
UNDECLARED = "`throughput_rps` at any time, for the spec has no `traffic`"


class Declared(BaseModel):
    """The rate over time, and its summary for the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    curve: RateCurve
    planned: PlannedTraffic


def declared(traffic: Traffic | None, throughput_rps: float) -> Declared:
    """Return the traffic; where none is declared, the peak rate at any time."""
    if traffic is None:
        curve = ConstantTraffic(rate_rps=throughput_rps).curve
        return _declared("constant", curve, curve.mean_rps, UNDECLARED)
    mean_rps = month_mean_rps(traffic) if isinstance(traffic, RampTraffic) else traffic.curve.mean_rps
    return _declared(traffic.kind, traffic.curve, mean_rps, f"`traffic` of the spec, {_described(traffic)}")


def recorded_traffic(curve: RateCurve, path: str) -> Declared:
    """Return traffic that was read from a file; the month is taken to be like it."""
    hours = curve.seconds / 3600
    return _declared("csv", curve, curve.mean_rps, f"`{path}`, {len(curve.times_s)} rows over {hours:.4g} h")


def month_mean_rps(ramp: RampTraffic) -> float:
    """Return the mean over a month that starts with the ramp; the rate that it ends at stays."""
    month_s = 3600.0 * HOURS_PER_MONTH
    if ramp.seconds >= month_s:
        return (ramp.from_rps + ramp.curve.rate_at(month_s)) / 2
    return (ramp.seconds * (ramp.from_rps + ramp.to_rps) / 2 + (month_s - ramp.seconds) * ramp.to_rps) / month_s


def _declared(kind: str, curve: RateCurve, mean_rps: float, basis: str) -> Declared:
    planned = PlannedTraffic(
        kind=kind, peak_rps=curve.peak_rps, mean_rps=mean_rps, variation=curve.variation, basis=basis
    )
    return Declared(curve=curve, planned=planned)


def _described(traffic: Traffic) -> str:
    fields = traffic.model_dump(exclude={"kind"})
    return ", ".join(f"{name} {value:g}" for name, value in fields.items())
