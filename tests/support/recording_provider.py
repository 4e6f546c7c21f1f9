"""The offline preview's provider, and one that also records what is created: states of clouds without a cloud."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from stacks.engine.providers.attached import attached_providers
from stacks.engine.providers.recording_provider import RecordingProvider
from stacks.engine.providers.sdk_schema import sdk_type
from stacks.engine.providers.wire import decoded, encoded

CLOUDS = ("aws", "aws-native", "gcp", "kubernetes")


class CreatingProvider(RecordingProvider):
    """Records every resource as created, with a text for each value that a cloud would compute."""

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's signature
        if request.preview:
            return super().Create(request, context)
        identity = f"{request.name}-{hashlib.sha256(request.urn.encode()).hexdigest()[:7]}"
        computed = {name: f"{name} of {identity}" for name in sdk_type(request.type).computed}
        outputs = {**computed, **decoded(request.properties)}
        return provider_pb2.CreateResponse(id=identity, properties=encoded(outputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's signature
        request.preview = True
        return super().Update(request, context)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's signature
        return empty_pb2.Empty()


@contextmanager
def clouds(provider: type[RecordingProvider] = RecordingProvider) -> Generator[str]:
    """Serve every cloud's package; yield the value of `PULUMI_DEBUG_PROVIDERS`."""
    with attached_providers(CLOUDS, provider) as addresses:
        yield addresses
