"""How long a call takes for any number of rows, from calls that were measured at a few."""

import math
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist

from pydantic import BaseModel, ConfigDict, Field

from optimizers.report import Measurement

NORMAL = NormalDist()
QUANTILE_POINTS = 1000
NORMAL_QUANTILES = tuple(NORMAL.inv_cdf((index + 0.5) / QUANTILE_POINTS) for index in range(QUANTILE_POINTS))


class CallTime(BaseModel):
    """
    A lognormal call time.

    Attributes:
        p50_ms: Median in ms.
        sigma: Standard deviation of its logarithm; 0 for a constant time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: float = Field(gt=0)
    sigma: float = Field(ge=0)

    @property
    def mean_ms(self) -> float:
        """Mean in ms."""
        return self.p50_ms * math.exp(self.sigma**2 / 2)

    @property
    def variance_ms2(self) -> float:
        """Variance in square ms."""
        return self.mean_ms**2 * math.expm1(self.sigma**2)

    def quantiles_ms(self) -> list[float]:
        """Return evenly spaced quantiles in ms: as good as draws, and without their noise."""
        return [self.p50_ms * math.exp(self.sigma * z) for z in NORMAL_QUANTILES]


class ServiceTimes(BaseModel):
    """
    The call times of one artifact.

    Attributes:
        measurements: Of one candidate; at least one of a single call at a time.
        overhead_ms: What a request costs beyond the model, on the same cores: parsing, encoding, network. No batch
            shares it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measurements: tuple[Measurement, ...] = Field(min_length=1)
    overhead_ms: float = Field(default=0, ge=0)

    def call(self, rows: int, calls_in_flight: int = 1) -> CallTime:
        """
        Return the call time of this many rows, without the overhead.

        Between two measured sizes median and spread lie on a line, a + b * rows. Above the largest the median grows in
        proportion to the rows, which bounds it: a larger batch costs no more for each row.

        Args:
            rows: At least 1.
            calls_in_flight: Calls that share the cores, this one included; the most that were measured at most.
        """
        measured = self._by_calls[max(calls for calls in self._by_calls if calls <= calls_in_flight)]
        for (low, lower), (high, higher) in pairwise(measured):
            if low <= rows <= high:
                share = (rows - low) / (high - low)
                return CallTime(
                    p50_ms=lower.p50_ms + share * (higher.p50_ms - lower.p50_ms),
                    sigma=lower.sigma + share * (higher.sigma - lower.sigma),
                )
        size, nearest = measured[0] if rows < measured[0][0] else measured[-1]
        # A call of fewer rows than were ever measured takes no longer than the measured one.
        return nearest.model_copy(update={"p50_ms": nearest.p50_ms * max(1.0, rows / size)})

    def busy_ms(self, rows: int, calls_in_flight: int = 1) -> float:
        """Return the mean time that a call of this many rows occupies the server, its requests' overhead included."""
        return self.call(rows, calls_in_flight).mean_ms + self.request_ms(rows, calls_in_flight)

    def request_ms(self, rows: int, calls_in_flight: int = 1) -> float:
        """Return the overhead of a call's requests; calls in flight share the core that pays it."""
        return self.overhead_ms * rows * calls_in_flight

    @cached_property
    def _by_calls(self) -> dict[int, list[tuple[int, CallTime]]]:
        """Rows and call time in ascending order of rows, for each measured number of calls in flight."""
        found: dict[int, list[tuple[int, CallTime]]] = {}
        for item in sorted(self.measurements, key=lambda item: item.batch_size):
            found.setdefault(item.concurrency, []).append((item.batch_size, fitted(item)))
        if 1 not in found:
            raise ValueError("no measurement of one call at a time; a service time rests on one")
        return found


def fitted(measurement: Measurement) -> CallTime:
    """
    Return the lognormal call time with the measured p50 and p99.

    The measured p99 of a dozen calls is the slowest of them, which is a lower quantile of all calls. Which one, is
    Blom's estimate of the expected normal order statistic: (rank - 0.375) / (samples + 0.25) (Blom, Statistical
    Estimates and Transformed Beta-Variables, 1958).
    """
    p50_ms, p99_ms = max(measurement.p50.value_ms, 1e-6), measurement.p99.value_ms
    rank = math.ceil(0.99 * measurement.samples)
    quantile = (rank - 0.375) / (measurement.samples + 0.25)
    if p99_ms <= p50_ms or quantile <= 0.5:  # noqa: PLR2004 - the median says nothing of the spread
        return CallTime(p50_ms=p50_ms, sigma=0)
    return CallTime(p50_ms=p50_ms, sigma=math.log(p99_ms / p50_ms) / NORMAL.inv_cdf(quantile))
