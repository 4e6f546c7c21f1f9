"""A rate that changes with time: straight lines between points, which any declared traffic becomes."""

import random
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.capacity.arrivals import HIGHEST_VARIATION, arrival_times


class RateCurve(BaseModel):
    """
    The rate over time.

    Attributes:
        times_s: Moments in seconds, ascending from 0.
        rates_rps: Mean arrivals a second at each moment.
        repeats: Whether the last moment is the first one again; else the first and last rate hold outside.
        variation: Squared coefficient of variation of the gaps at a given rate: 1 for independent callers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    times_s: tuple[float, ...] = Field(min_length=1)
    rates_rps: tuple[float, ...] = Field(min_length=1)
    repeats: bool = False
    variation: float = Field(default=1, ge=1, le=HIGHEST_VARIATION)

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if len(self.times_s) != len(self.rates_rps):
            raise ValueError(f"{len(self.times_s)} moments and {len(self.rates_rps)} rates; each moment has one rate")
        if self.times_s[0] != 0 or any(later <= earlier for earlier, later in pairwise(self.times_s)):
            raise ValueError("moments ascend from 0")
        if not all(0 <= rate < float("inf") for rate in self.rates_rps) or self.peak_rps <= 0:
            raise ValueError("rates are finite, none is negative and one is above 0")
        return self

    @property
    def seconds(self) -> float:
        """Length of the curve; 0 for a rate that never changes."""
        return self.times_s[-1]

    @property
    def peak_rps(self) -> float:
        """Highest rate."""
        return max(self.rates_rps)

    @property
    def mean_rps(self) -> float:
        """Mean rate over its length."""
        if self.seconds == 0:
            return self.rates_rps[0]
        points = pairwise(zip(self.times_s, self.rates_rps, strict=True))
        return sum((end - start) * (low + high) / 2 for (start, low), (end, high) in points) / self.seconds

    def rate_at(self, time_s: float) -> float:
        """Return the rate at a moment, also before the start and after the end."""
        time_s = time_s % self.seconds if self.repeats and self.seconds else time_s
        after = bisect_right(self.times_s, time_s)
        if after in {0, len(self.times_s)}:
            return self.rates_rps[max(0, after - 1)]
        start_s, end_s = self.times_s[after - 1], self.times_s[after]
        share = (time_s - start_s) / (end_s - start_s)
        return self.rates_rps[after - 1] + share * (self.rates_rps[after] - self.rates_rps[after - 1])

    def highest_over(self, start_s: float, seconds: float) -> float:
        """Return the highest rate from a moment on, for so many seconds."""
        if self.repeats and seconds >= self.seconds > 0:
            return self.peak_rps
        if self.repeats and self.seconds:
            start_s %= self.seconds
        end_s = start_s + seconds
        spans = [(start_s, end_s)]
        if self.repeats and end_s > self.seconds:
            spans = [(start_s, self.seconds), (0.0, end_s - self.seconds)]
        highest = max(self.rate_at(start_s), self.rate_at(end_s))
        for low_s, high_s in spans:
            inside = self.rates_rps[bisect_left(self.times_s, low_s) : bisect_right(self.times_s, high_s)]
            highest = max(highest, *inside, 0.0)
        return highest

    def arrivals_s(self, seconds: float, seed: int, start_s: float = 0.0) -> list[float]:
        """
        Return arrival times in seconds after `start_s`, in order, all below `seconds`; same arguments, same times.

        Arrivals at the peak rate are kept with the share that the rate has of the peak (thinning: Lewis and Shedler 1979,
        Naval Research Logistics Quarterly 26).
        """
        kept = random.Random(f"thinning {seed}").random  # noqa: S311 - decides a load, no secret
        times_s = arrival_times(self.peak_rps, seconds, seed, self.variation)
        return [time_s for time_s in times_s if kept() * self.peak_rps < self.rate_at(start_s + time_s)]
