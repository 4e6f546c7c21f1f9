"""Spans reach the OpenTelemetry collector that the environment names: a real server, a real OTLP receiver."""

import queue
from collections.abc import Generator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from components.embedded import deployment
from optimizers.store import ArtifactStore
from tests.support.patience import PATIENCE_S
from tests.support.served_artifact import server_inputs, small_artifact
from tests.support.small_model import WIDTH

pytestmark = pytest.mark.integration


class Collector(trace_service_pb2_grpc.TraceServiceServicer):  # type: ignore[misc]  # its stubs have no types
    """Keeps the names of the spans that it is sent, each with the service's name."""

    def __init__(self) -> None:
        self.spans: queue.Queue[tuple[str, str]] = queue.Queue()

    def Export(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's signature
        for resource in request.resource_spans:
            named = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.put((named["service.name"], span.name))
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Generator[Collector]:
    """A collector that the environment of a server names."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    receiver = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(receiver, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    yield receiver
    server.stop(grace=None).wait()


def test_a_request_leaves_a_span_where_a_collector_is_configured(tmp_path: Path, collector: Collector) -> None:
    store = ArtifactStore(tmp_path / "store")
    inputs = server_inputs(store, small_artifact(store), tmp_path / "run", trace_sample_ratio=1.0)
    deployment.deploy(inputs)
    try:
        httpx.post(
            f"{inputs.endpoint_url}/predict", json={"inputs": [[0.5] * WIDTH]}, timeout=PATIENCE_S
        ).raise_for_status()
        found = collector.spans.get(timeout=PATIENCE_S)
        while found != ("small", "POST /predict"):
            found = collector.spans.get(timeout=PATIENCE_S)
    finally:
        deployment.remove(Path(inputs.run_folder))
