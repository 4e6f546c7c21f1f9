"""A provider that takes every resource as it is given: previews of cloud resources without a cloud."""

from collections.abc import Generator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

# Newer than any SDK, so that the engine does not warn of an old plugin.
VERSION = "999.0.0"


class RecordingProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The calls that the engine makes at preview, and those of an `up`; all outputs are the inputs."""

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's signature
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        # What exists has an id; what is only previewed has none yet.
        return provider_pb2.CreateResponse(id="" if request.preview else "made", properties=request.properties)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        same = request.old_inputs == request.news
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_NONE if same else kinds.DIFF_SOME)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return empty_pb2.Empty()


@contextmanager
def recording_provider() -> Generator[int]:
    """Yield the port of a provider of every package."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(RecordingProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()
