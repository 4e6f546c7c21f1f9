"""How long a call takes for any number of rows, from calls that were measured at a few."""

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist

from pydantic import BaseModel, ConfigDict, Field

from optimizers.report import QUANTILE_LEVELS, Measurement

NORMAL = NormalDist()
QUANTILE_POINTS = 1000
P99_INDEX = int(0.99 * QUANTILE_POINTS)
# A lognormal call time has no shortest and no longest, so its table ends here.
ENDS = (0.0005, 0.9995)
NORMAL_LEVELS = tuple(NORMAL.inv_cdf(min(max(level, ENDS[0]), ENDS[1])) for level in QUANTILE_LEVELS)


class CallTime(BaseModel):
    """
    How long a call takes: its quantile function, a straight line between neighbouring levels.

    Attributes:
        levels_ms: Time in ms at each of `QUANTILE_LEVELS`, ascending.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    levels_ms: tuple[float, ...] = Field(min_length=len(QUANTILE_LEVELS), max_length=len(QUANTILE_LEVELS))

    @property
    def p50_ms(self) -> float:
        """Median in ms."""
        return self.levels_ms[QUANTILE_LEVELS.index(0.5)]

    @property
    def mean_ms(self) -> float:
        """Mean in ms: the area under the quantile function."""
        return math.fsum(width * (low + high) / 2 for width, low, high in self._pieces())

    @property
    def variance_ms2(self) -> float:
        """Variance in square ms."""
        # The mean square of a uniform piece from low to high is (low^2 + low high + high^2) / 3.
        squares = math.fsum(width * (low * low + low * high + high * high) / 3 for width, low, high in self._pieces())
        return max(0.0, squares - self.mean_ms**2)

    def quantiles_ms(self) -> list[float]:
        """Return evenly spaced quantiles in ms: as good as draws, and without their noise."""
        found, piece = list[float](), 0
        for index in range(QUANTILE_POINTS):
            level = (index + 0.5) / QUANTILE_POINTS
            while level > QUANTILE_LEVELS[piece + 1]:
                piece += 1
            start, end = QUANTILE_LEVELS[piece], QUANTILE_LEVELS[piece + 1]
            low, high = self.levels_ms[piece], self.levels_ms[piece + 1]
            found.append(low + (level - start) / (end - start) * (high - low))
        return found

    def scaled(self, factor: float) -> "CallTime":
        """Return the time of a call that takes `factor` times as long."""
        return CallTime(levels_ms=tuple(factor * value for value in self.levels_ms))

    def towards(self, other: "CallTime", share: float) -> "CallTime":
        """Return the call time on the straight line to another one: 0 is this one, 1 the other."""
        pairs = zip(self.levels_ms, other.levels_ms, strict=True)
        return CallTime(levels_ms=tuple(low + share * (high - low) for low, high in pairs))

    def _pieces(self) -> Iterator[tuple[float, float, float]]:
        for (start, end), (low, high) in zip(pairwise(QUANTILE_LEVELS), pairwise(self.levels_ms), strict=True):
            yield end - start, low, high


class ServiceTimes(BaseModel):
    """
    The call times of one artifact.

    Attributes:
        measurements: Of one candidate; at least one of a single call at a time.
        overhead_ms: What a request takes from the cores that the model computes on: parsing, encoding, and its client
            where that is on the same machine. It makes calls longer, and no batch shares it.
        latency_ms: What a request waits beyond its call, while others may be computed: network, reading, answering.
        resize_ms: What a call takes longer that has other rows than the one before it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measurements: tuple[Measurement, ...] = Field(min_length=1)
    overhead_ms: float = Field(default=0, ge=0)
    latency_ms: float = Field(default=0, ge=0)
    resize_ms: float = Field(default=0, ge=0)

    def call(self, rows: int, calls_in_flight: int = 1) -> CallTime:
        """
        Return the call time of this many rows, without the overhead.

        Between two measured sizes each quantile lies on a line, a + b * rows. Above the largest it grows in proportion to
        the rows, which bounds it: a larger batch costs no more for each row.

        Args:
            rows: At least 1.
            calls_in_flight: Calls that share the cores, this one included; the most that were measured at most.
        """
        measured = self._by_calls[max(calls for calls in self._by_calls if calls <= calls_in_flight)]
        for (low, lower), (high, higher) in pairwise(measured):
            if low <= rows <= high:
                return lower.towards(higher, (rows - low) / (high - low))
        size, nearest = measured[0] if rows < measured[0][0] else measured[-1]
        # A call of fewer rows than were ever measured takes no longer than the measured one.
        return nearest.scaled(max(1.0, rows / size))

    def busy_ms(self, rows: int, calls_in_flight: int = 1) -> float:
        """Return the mean time that a call of this many rows occupies the server, all overhead included."""
        return self.call(rows, calls_in_flight).mean_ms + self.request_ms(rows, calls_in_flight)

    @property
    def idle_p99_ms(self) -> float:
        """99th percentile of the response to a lone request of one row, which nothing waits for."""
        return self.call(1).quantiles_ms()[P99_INDEX] + self.request_ms(1) + self.latency_ms

    def request_ms(self, rows: int, calls_in_flight: int = 1) -> float:
        """Return the overhead of the requests of a call; calls in flight share the core that pays for it."""
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
    Return the measured quantiles; without them, the lognormal call time with the measured p50 and p99.

    The measured p99 of a dozen calls is the slowest of them, which is a lower quantile of all calls. Which one, is
    Blom's estimate of the expected normal order statistic: (rank - 0.375) / (samples + 0.25) (Blom, Statistical
    Estimates and Transformed Beta-Variables, 1958).
    """
    if measurement.quantiles_ms:
        return CallTime(levels_ms=measurement.quantiles_ms)
    p50_ms, p99_ms = max(measurement.p50.value_ms, 1e-6), measurement.p99.value_ms
    rank = math.ceil(0.99 * measurement.samples)
    quantile = (rank - 0.375) / (measurement.samples + 0.25)
    sigma = 0.0
    # A quantile up to the median says nothing of the spread.
    if p99_ms > p50_ms and quantile > 0.5:  # noqa: PLR2004
        sigma = math.log(p99_ms / p50_ms) / NORMAL.inv_cdf(quantile)
    return CallTime(levels_ms=tuple(p50_ms * math.exp(sigma * z) for z in NORMAL_LEVELS))
