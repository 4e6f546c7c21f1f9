"""A recording of whole days: the day after its last row is like its first."""

from components.capacity.rate_curve import RateCurve
from components.capacity.traffic import DAY_S

# Share of a step that a clock may be off.
JITTER = 0.1


def repeated(curve: RateCurve) -> RateCurve:
    """
    Return a recording of whole days as a curve that repeats, any other as it is.

    Its last row stands a number of days after its first, or one step before that: 25 rows of an hour, or 24.
    """
    step_s = curve.seconds / max(1, len(curve.times_s) - 1)
    if _are_days(curve.seconds, step_s):
        return curve.model_copy(update={"repeats": True})
    if not _are_days(curve.seconds + step_s, step_s):
        return curve
    times_s, rates_rps = (*curve.times_s, curve.seconds + step_s), (*curve.rates_rps, curve.rates_rps[0])
    return RateCurve(times_s=times_s, rates_rps=rates_rps, repeats=True, variation=curve.variation)


def _are_days(seconds: float, step_s: float) -> bool:
    days = round(seconds / DAY_S)
    return days > 0 and abs(seconds - days * DAY_S) <= JITTER * step_s
