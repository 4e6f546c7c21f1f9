"""The six metrics, under the names that are public contract."""

import threading
import time
from collections import deque

from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS_MS = (10, 50, 100, 500, 1000)
LOAD_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
RATE_WINDOW_S = 10.0
RATE_INTERVAL_S = 0.5

# `prometheus_client` appends this to the name of every counter; the contract's name has no suffix.
COUNTER_SUFFIX = "_total"
ERRORS = "prediction_errors"


class ServerMetrics:
    """
    Metrics of one worker; the workers' values are added up when the endpoint is scraped.

    Create it once a process, after the worker knows where metrics of several processes are kept.
    """

    def __init__(self) -> None:
        self._latency_ms = Histogram(
            "inference_latency_ms", "Time from a request's arrival to its answer.", buckets=LATENCY_BUCKETS_MS
        )
        self._rate = Gauge(
            "requests_per_second", f"Requests answered, over {RATE_WINDOW_S:g} s.", multiprocess_mode="livesum"
        )
        self._load_s = Histogram(
            "model_load_time_seconds", "Time to load and warm up the model.", buckets=LOAD_BUCKETS_S
        )
        self._gpu_mb = Gauge("gpu_memory_used_mb", "GPU memory in use; 0 without a GPU.", multiprocess_mode="livemax")
        self._errors = Counter(ERRORS, "Requests that were refused or failed through no fault of the caller.")
        self._hit_rate = Gauge(
            "cache_hit_rate", "Share of rows answered from memory.", multiprocess_mode="livemostrecent"
        )
        self._answered_at: deque[float] = deque()
        self._gpu_mb.set(0)
        self._hit_rate.set(0)
        threading.Thread(target=self._keep_rate, daemon=True).start()

    def loaded(self, seconds: float) -> None:
        """Record one load of the model."""
        self._load_s.observe(seconds)

    def answered(self, latency_ms: float) -> None:
        """Record one answered request."""
        self._latency_ms.observe(latency_ms)
        self._answered_at.append(time.monotonic())

    def failed(self) -> None:
        """Record one request that failed through no fault of the caller."""
        self._errors.inc()

    def cache(self, hit_rate: float) -> None:
        """Record the cache's hit rate, 0 to 1."""
        self._hit_rate.set(hit_rate)

    def _keep_rate(self) -> None:
        """Bring the rate up to date, which changes while nothing happens too."""
        while True:
            oldest = time.monotonic() - RATE_WINDOW_S
            while self._answered_at and self._answered_at[0] < oldest:
                self._answered_at.popleft()
            self._rate.set(len(self._answered_at) / RATE_WINDOW_S)
            time.sleep(RATE_INTERVAL_S)


def with_contract_names(exposition: str) -> str:
    """Return the exposition with the counter under the contract's name."""
    return exposition.replace(f"{ERRORS}{COUNTER_SUFFIX}", ERRORS)
