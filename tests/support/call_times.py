"""Service times of a chosen shape, as a benchmark would have measured them."""

import math

from components.capacity.service import NORMAL, ServiceTimes
from optimizers.report import Interval, Measurement

Z_99 = NORMAL.inv_cdf(0.99)
# So many that the nearest rank is the quantile.
SAMPLES = 1_000_000


def timed(p50_ms: float, p99_ms: float, rows: int = 1, calls: int = 1, samples: int = SAMPLES) -> Measurement:
    """A measured load with no uncertainty."""
    return Measurement(
        batch_size=rows,
        concurrency=calls,
        samples=samples,
        p50=Interval(value_ms=p50_ms, low_ms=p50_ms, high_ms=p50_ms),
        p99=Interval(value_ms=p99_ms, low_ms=p99_ms, high_ms=p99_ms),
        throughput_rps=1000 * rows * calls / p50_ms,
        squared_variation=0,
    )


def service_times(mean_ms: float = 10, variation: float = 0, overhead_ms: float = 0) -> ServiceTimes:
    """Lognormal calls of one row with this mean and squared coefficient of variation."""
    sigma = math.sqrt(math.log(1 + variation))
    p50_ms = mean_ms * math.exp(-(sigma**2) / 2)
    return ServiceTimes(measurements=(timed(p50_ms, p50_ms * math.exp(sigma * Z_99)),), overhead_ms=overhead_ms)
