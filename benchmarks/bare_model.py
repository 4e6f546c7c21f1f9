"""The model that an endpoint serves, called without the endpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.served_endpoint import ServedEndpoint
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.report import Measurement
from optimizers.rows import RowEncoder
from optimizers.session import open_session, read_manifest

# Half of the time goes to one row at a time, and a few calls are made of each larger batch.
CALLS = BenchmarkConfig(budget_s=5, calls_per_turn=2)


class BareModel:
    """
    The served artifact in this process, with the threads and streams of the plan.

    Args:
        endpoint: What serves it.
        rows: What to call it with.
    """

    def __init__(self, endpoint: ServedEndpoint, rows: Sequence[Any]) -> None:
        folder, plan = Path(endpoint.config.artifact_folder), endpoint.plan
        encoder = RowEncoder(read_manifest(folder), folder)
        sizes = [size for size in CALLS.profile_batch_sizes if size <= int(plan.max_batch_size.value)]
        self._batches = {size: encoder.encode([rows[index % len(rows)] for index in range(size)]) for size in sizes}
        self._session = open_session(folder, int(plan.threads.value), int(plan.streams.value))
        concurrencies = tuple(sorted({1, int(plan.concurrent_calls.value)}))
        self._config = CALLS.model_copy(update={"batch_sizes": tuple(sizes), "concurrencies": concurrencies})

    def calls(self) -> tuple[Measurement, ...]:
        """Measure calls of each batch size, in about 5 s."""
        return measure({"served": self._session}, self._batches, self._config)["served"]


def between(before: Sequence[Measurement], after: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Return measurements whose quantiles lie half way between those of two."""
    return tuple(
        first.model_copy(
            update={
                "quantiles_ms": tuple(
                    (low + high) / 2 for low, high in zip(first.quantiles_ms, second.quantiles_ms, strict=True)
                )
            }
        )
        for first, second in zip(before, after, strict=True)
    )
