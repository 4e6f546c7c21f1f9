"""Traffic as it was declared, and what a plan records of it."""

from pydantic import BaseModel, ConfigDict

from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import ConstantTraffic, RampTraffic, Traffic
from components.capacity.whole_days import repeated
from components.cost.billed_units import HOURS_PER_MONTH
from components.endpoint_plan import PlannedTraffic

# Basis of traffic that nobody declared: a peak, of which no mean is known.
UNDECLARED = "`throughput_rps` at any time, for the spec has no `traffic`"
# Share of a rate that is lost where many are added up.
ROUNDING = 1e-9


class Declared(BaseModel):
    """
    The rate over time, and its summary for the plan.

    Attributes:
        curve: As it was declared.
        month: What a month is like; each mean is over it.
        planned: What a plan records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    curve: RateCurve
    month: RateCurve
    planned: PlannedTraffic


def declared(traffic: Traffic | None, throughput_rps: float) -> Declared:
    """Return the traffic; where none is declared, the peak rate at any time."""
    if traffic is None:
        curve = ConstantTraffic(rate_rps=throughput_rps).curve
        return _declared("constant", curve, curve, UNDECLARED)
    month = month_of_ramp(traffic) if isinstance(traffic, RampTraffic) else traffic.curve
    return _declared(traffic.kind, traffic.curve, month, f"`traffic` of the spec, {_described(traffic)}")


def recorded_traffic(curve: RateCurve, path: str) -> Declared:
    """Return traffic that was read from a file; the month is taken to be like it, and whole days repeat."""
    found = repeated(curve)
    basis = f"`{path}`, {len(curve.times_s)} rows over {found.seconds / 3600:.4g} h"
    return _declared("csv", found, found, f"{basis}, which repeat" if found.repeats else basis)


def disordered_rates(traffic: PlannedTraffic, throughput_rps: int) -> str | None:
    """Return in one sentence that recorded rates are those of no traffic; None where the mean, the peak and its limit ascend."""
    if traffic.mean_rps <= traffic.peak_rps * (1 + ROUNDING) and traffic.peak_rps <= throughput_rps:
        return None
    return (
        f"a mean of {traffic.mean_rps:g} requests/s, a peak of {traffic.peak_rps:g} and a throughput_rps of "
        f"{throughput_rps} contradict each other"
    )


def month_of_ramp(ramp: RampTraffic) -> RateCurve:
    """Return the month that starts with the ramp; the rate that it ends at stays."""
    month_s = 3600.0 * HOURS_PER_MONTH
    before = ((0.0, ramp.from_rps), (ramp.seconds, ramp.to_rps))
    points = (*(point for point in before if point[0] < month_s), (month_s, ramp.curve.rate_at(month_s)))
    times_s, rates_rps = zip(*points, strict=True)
    return RateCurve(times_s=times_s, rates_rps=rates_rps)


def _declared(kind: str, curve: RateCurve, month: RateCurve, basis: str) -> Declared:
    planned = PlannedTraffic(
        kind=kind, peak_rps=curve.peak_rps, mean_rps=month.mean_rps, variation=curve.variation, basis=basis
    )
    return Declared(curve=curve, month=month, planned=planned)


def _described(traffic: Traffic) -> str:
    fields = traffic.model_dump(exclude={"kind"})
    return ", ".join(f"{name} {value:g}" for name, value in fields.items())
