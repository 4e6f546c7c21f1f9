"""Turn a plan into what is created and what is shown; pure."""

from pathlib import Path
from typing import Any

from components.embedded.inputs import EmbeddedInputs
from components.embedded.server_config import ServerConfig
from components.embedded.server_inputs import ServerInputs
from components.endpoint_plan import EndpointPlan

# A caller that waits this many SLAs has given up; the server must not work for it any longer.
TIMEOUT_SLAS = 10
SHORTEST_TIMEOUT_S = 5

# Requests that may wait: what the endpoint answers within the timeout is the most that waiting can be worth.
SMALLEST_QUEUE = 64

# Larger requests gain nothing, a batch is far smaller, and they hold back the others. A row may be large, an image of
# 3 x 640 x 640 numbers has up to 24 MB of JSON; reading that much takes 0.2 s, in which the server does nothing else.
MAX_BODY_BYTES = 32 * 2**20
MAX_ROWS = 2048


def server_inputs(plan: EndpointPlan, inputs: EmbeddedInputs) -> ServerInputs:
    """Return the inputs of the server resource."""
    return ServerInputs(
        config=server_config(plan, inputs),
        run_folder=str(run_folder(plan.name, inputs)),
        endpoint_url=inputs.endpoint_url,
        thresholds=inputs.goal.thresholds,
    )


def server_config(plan: EndpointPlan, inputs: EmbeddedInputs) -> ServerConfig:
    """Return the file that the server process is started with."""
    timeout_s = request_timeout_s(plan.latency_sla_ms)
    return ServerConfig(
        name=plan.name,
        artifact_folder=str(Path(inputs.store_path) / "sha256" / plan.artifact.sha256),
        artifact_sha256=plan.artifact.sha256,
        model_version=plan.artifact.sha256[:12],
        host=inputs.host,
        port=inputs.port,
        workers=int(plan.workers.value),
        threads=int(plan.threads.value),
        streams=int(plan.streams.value),
        max_batch_size=int(plan.max_batch_size.value),
        concurrent_calls=int(plan.concurrent_calls.value),
        request_timeout_s=timeout_s,
        max_concurrency=max_concurrency(plan.predicted.capacity_rps.value or 0, timeout_s),
        max_body_bytes=MAX_BODY_BYTES,
        max_rows=MAX_ROWS,
        cache_entries=plan.cache_entries,
        log_file=str(event_log(plan.name, inputs)),
    )


def request_timeout_s(latency_sla_ms: int) -> int:
    """Return after how long a request is ended that was not answered."""
    return max(SHORTEST_TIMEOUT_S, TIMEOUT_SLAS * latency_sla_ms // 1000)


def max_concurrency(rate_rps: float, timeout_s: int) -> int:
    """Return how many requests may be in a server at once that answers so many a second."""
    return max(SMALLEST_QUEUE, int(rate_rps * timeout_s))


def run_folder(name: str, inputs: EmbeddedInputs) -> Path:
    """Return the folder of the server's process file and log."""
    return Path(inputs.run_path) / name


def event_log(name: str, inputs: EmbeddedInputs) -> Path:
    """Return the file that the server writes its events to, one JSON object a line."""
    return run_folder(name, inputs) / "events.jsonl"


def deployment_config(plan: EndpointPlan, endpoint_url: str) -> dict[str, Any]:
    """Return the output `deployment_config`."""
    return {
        "endpoint_url": endpoint_url,
        "replicas": int(plan.replicas.value),
        "resources": {"cpu_cores": plan.resources.cpu_cores, "memory_mib": plan.resources.memory_mib.value},
    }


def optimization_report(plan: EndpointPlan) -> dict[str, Any]:
    """Return the output `optimization_report`: the artifact alone, one row at a time; MB are 10^6 bytes."""
    return {
        "latency_p50_ms": plan.measured.p50_ms,
        "latency_p99_ms": plan.measured.p99_ms,
        "throughput_rps": plan.measured.throughput_rps,
        "model_size_mb": plan.artifact.size_mb,
    }


def scaling_policy(plan: EndpointPlan) -> dict[str, Any]:
    """Return the output `scaling_policy`."""
    return plan.scaling.model_dump(mode="json")
