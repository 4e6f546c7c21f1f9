"""
Predict latency from measured service times and an arrival rate.

One server that answers one call at a time is an M/G/1 queue: Poisson arrivals, any service time. Its mean wait is
the Pollaczek-Khinchine formula; its tail is taken as exponential (Abate, Choudhury and Whitt 1995, "Exponential
approximations for tail probabilities in queues I"). Above `HIGHEST_UNBATCHED_UTILIZATION` requests are answered in
batches instead, where batches answer more rows a second, and a request waits for the batch that runs and then for its
own.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

from pydantic import BaseModel, ConfigDict, Field

from optimizers.report import Measurement

# Past this the wait grows faster than the measurement is precise, so batches carry the load.
HIGHEST_UNBATCHED_UTILIZATION = 0.8
QUANTILE_POINTS = 200
Z_99 = NormalDist().inv_cdf(0.99)


class Prediction(BaseModel):
    """
    Predicted response of one server under load.

    Attributes:
        p50_ms: Median response in ms; None when the load exceeds what the server can do.
        p99_ms: 99th percentile of the response in ms; None when the load exceeds what the server can do.
        capacity_rps: Rows a second that the server can answer.
        utilization: Offered load over capacity; above 1 the queue grows without end.
        batch_size: Rows in a call at this load.
        model: Which formula was used, for the basis.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: float | None
    p99_ms: float | None
    capacity_rps: float = Field(gt=0)
    utilization: float = Field(ge=0)
    batch_size: int = Field(gt=0)
    model: str


def predict(measurements: tuple[Measurement, ...], rate_rps: float, overhead_ms: float) -> Prediction:
    """
    Return the predicted response of one server.

    Args:
        measurements: Of one candidate, one call at a time; at least one of batch size 1.
        rate_rps: Arrivals a second, one row each.
        overhead_ms: What the server adds to a call of the model: network, parsing, encoding.
    """
    by_batch = sorted(measurements, key=lambda measurement: measurement.batch_size)
    per_second = {item.batch_size: 1000 / _row_ms(item, overhead_ms) for item in by_batch}
    capacity = max(per_second.values())
    single = by_batch[0]
    if rate_rps > capacity:
        return Prediction(
            p50_ms=None, p99_ms=None, capacity_rps=capacity, utilization=rate_rps / capacity,
            batch_size=by_batch[-1].batch_size, model="offered load exceeds capacity",
        )  # fmt: skip
    batches_help = capacity > per_second[single.batch_size]
    if rate_rps <= HIGHEST_UNBATCHED_UTILIZATION * per_second[single.batch_size] or not batches_help:
        p50, p99 = _single_server(single, rate_rps, overhead_ms)
        return Prediction(
            p50_ms=p50, p99_ms=p99, capacity_rps=capacity, utilization=rate_rps / capacity,
            batch_size=single.batch_size, model="M/G/1 queue (Pollaczek-Khinchine, exponential tail)",
        )  # fmt: skip
    enough = [item for item in by_batch if rate_rps <= HIGHEST_UNBATCHED_UTILIZATION * per_second[item.batch_size]]
    batch = enough[0] if enough else max(by_batch, key=lambda item: per_second[item.batch_size])
    return Prediction(
        p50_ms=1.5 * batch.p50.value_ms + overhead_ms, p99_ms=2 * batch.p99.value_ms + overhead_ms,
        capacity_rps=capacity, utilization=rate_rps / capacity, batch_size=batch.batch_size,
        model="batches back to back: the rest of one and the whole of the next",
    )  # fmt: skip


def _row_ms(measurement: Measurement, overhead_ms: float) -> float:
    """Return what one row costs: its share of a call of the model, and its own request, which no batch shares."""
    return measurement.p50.value_ms / measurement.batch_size + overhead_ms


def _single_server(single: Measurement, rate_rps: float, overhead_ms: float) -> tuple[float, float]:
    services_ms = _service_quantiles_ms(single, overhead_ms)
    mean_s = sum(services_ms) / len(services_ms) / 1000
    utilization = min(rate_rps * mean_s, 0.999)
    mean_wait_ms = 1000 * mean_s * utilization * (1 + single.squared_variation) / (2 * (1 - utilization))

    def late(limit_ms: float) -> float:
        """Probability that wait plus service exceeds the limit."""
        total = 0.0
        for service_ms in services_ms:
            room_ms = limit_ms - service_ms
            total += 1.0 if room_ms < 0 else utilization * math.exp(-room_ms * utilization / mean_wait_ms)
        return total / len(services_ms)

    return _quantile(late, 0.5), _quantile(late, 0.99)


def _service_quantiles_ms(single: Measurement, overhead_ms: float) -> list[float]:
    """Quantiles of the lognormal distribution with the measured p50 and p99, plus the overhead."""
    p50_ms, p99_ms = single.p50.value_ms, max(single.p99.value_ms, single.p50.value_ms)
    sigma = math.log(p99_ms / p50_ms) / Z_99 if p50_ms > 0 else 0.0
    normal = NormalDist()
    points = ((index + 0.5) / QUANTILE_POINTS for index in range(QUANTILE_POINTS))
    return [p50_ms * math.exp(sigma * normal.inv_cdf(point)) + overhead_ms for point in points]


def _quantile(late: Callable[[float], float], probability: float) -> float:
    low_ms, high_ms = 0.0, 1.0
    while late(high_ms) > 1 - probability:
        low_ms, high_ms = high_ms, 2 * high_ms
    for _ in range(60):
        middle_ms = (low_ms + high_ms) / 2
        low_ms, high_ms = (middle_ms, high_ms) if late(middle_ms) > 1 - probability else (low_ms, middle_ms)
    return high_ms
