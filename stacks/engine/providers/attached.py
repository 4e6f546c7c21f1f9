"""Serve providers of ours to an engine instead of the clouds' own."""

from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent import futures
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from stacks.engine.providers.recording_provider import RecordingProvider

# The variable by which an engine finds providers that already run: `aws:40001,kubernetes:40002`.
ATTACHED = "PULUMI_DEBUG_PROVIDERS"
PROVIDER_TYPE = "pulumi:providers:"
# Dynamic resources are the program's own code, and run as in any preview.
DYNAMIC = frozenset({"pulumi-python", "pulumi-nodejs"})
# As many calls as an engine makes at once; a call takes about a millisecond.
THREADS = 16
LARGEST_MESSAGE_BYTES = 400 << 20
OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", LARGEST_MESSAGE_BYTES),
)


def packages_of(deployment: Mapping[str, Any]) -> frozenset[str]:
    """Return the packages whose providers a state names, dynamic resources excepted."""
    types = (str(resource["type"]) for resource in deployment.get("resources") or ())
    return frozenset(name.removeprefix(PROVIDER_TYPE) for name in types if name.startswith(PROVIDER_TYPE)) - DYNAMIC


@contextmanager
def attached_providers(
    packages: Iterable[str], provider: Callable[[], RecordingProvider] = RecordingProvider
) -> Generator[str]:
    """Serve each package on a free port of this machine until the block ends; yield the value of `ATTACHED`."""
    with ExitStack() as servers:
        yield ",".join(f"{package}:{servers.enter_context(_served(provider()))}" for package in sorted(packages))


@contextmanager
def _served(provider: RecordingProvider) -> Generator[int]:
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()
