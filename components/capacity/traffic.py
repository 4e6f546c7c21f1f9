"""Traffic as a stack declares it; each kind becomes a `RateCurve`."""

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.capacity.arrivals import HIGHEST_VARIATION
from components.capacity.rate_curve import RateCurve

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
# A straight line over a quarter of an hour is within 0.05 % of the curve's height.
POINTS_A_DAY = 96
# What every machine on earth could not answer is a slip of the pen.
HIGHEST_RATE_RPS = 1e9

Rate = Annotated[float, Field(ge=0, le=HIGHEST_RATE_RPS)]
PositiveRate = Annotated[float, Field(gt=0, le=HIGHEST_RATE_RPS)]


class TrafficKind(BaseModel):
    """Base of every kind: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ConstantTraffic(TrafficKind):
    """Independent callers, the same rate at any time."""

    kind: Literal["constant"] = "constant"
    rate_rps: PositiveRate

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0,), rates_rps=(self.rate_rps,))


class BurstyTraffic(TrafficKind):
    """
    The same mean rate at any time, in bursts that are too short for a scaler to follow.

    Attributes:
        variation: Squared coefficient of variation of the gaps between arrivals, above 1.
    """

    kind: Literal["bursts"] = "bursts"
    rate_rps: PositiveRate
    variation: float = Field(gt=1, le=HIGHEST_VARIATION)

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0,), rates_rps=(self.rate_rps,), variation=self.variation)


class RampTraffic(TrafficKind):
    """A rate that rises or falls in a straight line and then stays."""

    kind: Literal["ramp"] = "ramp"
    from_rps: Rate
    to_rps: PositiveRate
    seconds: float = Field(gt=0, le=365 * DAY_S)

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0, self.seconds), rates_rps=(self.from_rps, self.to_rps))


class DailyTraffic(TrafficKind):
    """
    A day like every other: a cosine from the lowest rate, twelve hours from the peak, to the highest.

    Attributes:
        peak_hour: Hour of the day, 0 to 24, with the highest rate.
    """

    kind: Literal["daily"] = "daily"
    lowest_rps: Rate
    highest_rps: PositiveRate
    peak_hour: float = Field(default=14, ge=0, le=24)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest_rps > self.highest_rps:
            raise ValueError(f"lowest_rps {self.lowest_rps:g} is above highest_rps {self.highest_rps:g}; swap them")
        return self

    @property
    def curve(self) -> RateCurve:
        """The rate over time; it repeats every day."""
        middle, reach = (self.highest_rps + self.lowest_rps) / 2, (self.highest_rps - self.lowest_rps) / 2
        times_s = tuple(index * DAY_S / POINTS_A_DAY for index in range(POINTS_A_DAY + 1))
        phases = (2 * math.pi * (time_s - self.peak_hour * HOUR_S) / DAY_S for time_s in times_s)
        return RateCurve(
            times_s=times_s,
            rates_rps=tuple(max(0.0, middle + reach * math.cos(phase)) for phase in phases),
            repeats=True,
        )


Traffic = Annotated[
    ConstantTraffic | BurstyTraffic | RampTraffic | DailyTraffic,
    Field(discriminator="kind"),
]
