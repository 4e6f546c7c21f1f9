"""Traffic as a stack declares it; each kind becomes a `RateCurve`."""

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from components.capacity.arrivals import HIGHEST_VARIATION
from components.capacity.rate_curve import RateCurve

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
# A straight line over a quarter of an hour is within 0.05 % of the curve's height.
POINTS_A_DAY = 96
# What every machine on earth could not answer is a slip of the pen.
HIGHEST_RATE_RPS = 1e9
# Less than one request in thirty years is one too, and numbers near the smallest that there are cannot be halved.
LOWEST_PEAK_RPS = 1e-9

# Type of the error for a lowest rate above the highest; its context has both.
UNORDERED_RATES = "unordered_rates"

KIND = "How the rate changes with time."
MEAN = "Mean requests a second, at any time."

# Strict: a stack file's text that looks like a number is a slip.
Rate = Annotated[float, Field(strict=True, ge=0, le=HIGHEST_RATE_RPS)]
PeakRate = Annotated[float, Field(strict=True, ge=LOWEST_PEAK_RPS, le=HIGHEST_RATE_RPS)]


class TrafficKind(BaseModel):
    """Base of every kind: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ConstantTraffic(TrafficKind):
    """Independent callers, the same rate at any time."""

    kind: Literal["constant"] = Field(default="constant", description=KIND)
    rate_rps: PeakRate = Field(description=MEAN)

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0,), rates_rps=(self.rate_rps,))


class BurstyTraffic(TrafficKind):
    """The same mean rate at any time, in bursts that are too short for a scaler to follow."""

    kind: Literal["bursts"] = Field(default="bursts", description=KIND)
    rate_rps: PeakRate = Field(description=MEAN)
    variation: float = Field(
        strict=True,
        gt=1,
        le=HIGHEST_VARIATION,
        description="Squared coefficient of variation of the gaps between arrivals; 1 would be independent callers.",
    )

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0,), rates_rps=(self.rate_rps,), variation=self.variation)


class RampTraffic(TrafficKind):
    """A rate that rises or falls in a straight line and then stays."""

    kind: Literal["ramp"] = Field(default="ramp", description=KIND)
    from_rps: Rate = Field(description="Requests a second at the start.")
    to_rps: PeakRate = Field(description="Requests a second at the end, and from then on.")
    seconds: float = Field(strict=True, gt=0, le=365 * DAY_S, description="Length of the ramp.")

    @property
    def curve(self) -> RateCurve:
        """The rate over time."""
        return RateCurve(times_s=(0.0, self.seconds), rates_rps=(self.from_rps, self.to_rps))


class DailyTraffic(TrafficKind):
    """A day like every other: a cosine from the lowest rate, twelve hours from the peak, to the highest."""

    kind: Literal["daily"] = Field(default="daily", description=KIND)
    lowest_rps: Rate = Field(description="Requests a second twelve hours from the peak.")
    highest_rps: PeakRate = Field(description="Requests a second at the peak.")
    peak_hour: float = Field(default=14, strict=True, ge=0, le=24, description="Hour of the day with the highest rate.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest_rps > self.highest_rps:
            raise PydanticCustomError(
                UNORDERED_RATES,
                "lowest_rps {lowest} is above highest_rps {highest}; swap them",
                {"lowest": f"{self.lowest_rps:g}", "highest": f"{self.highest_rps:g}"},
            )
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


# Kinds whose rate never changes, so that no scaler ever has anything to follow.
STEADY_KINDS = frozenset(str(kind.model_fields["kind"].default) for kind in (ConstantTraffic, BurstyTraffic))

Traffic = Annotated[
    ConstantTraffic | BurstyTraffic | RampTraffic | DailyTraffic,
    Field(discriminator="kind"),
]
