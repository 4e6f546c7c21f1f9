"""A provider that fills in what a program leaves out, as Google's does and as the API server of Kubernetes does."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pulumi.runtime.proto import provider_pb2

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.wire import Values, decoded, encoded
from tests.support.recording_provider import CreatingProvider

TOTALS = {"totalMinNodeCount": 0, "totalMaxNodeCount": 0, "locationPolicy": "BALANCED"}


def _node_pool(written: Mapping[str, Any], *, exists: bool) -> Values:
    filled = {"nodeCount": 1, "initialNodeCount": 1, "nodeLocations": ["us-central1-a"], "version": "1.33"}
    told = filled if exists else dict.fromkeys(filled, UNKNOWN)
    scaling = {"autoscaling": {**TOTALS, **written["autoscaling"]}} if exists else {}
    return {**told, **written, **scaling}


def _deployment(written: Mapping[str, Any], *, exists: bool) -> Values:
    # The official provider asks the API server at preview too.
    return {**written, "spec": {"replicas": 1, **written["spec"]}, "status": {} if exists else UNKNOWN}


FILLED: Mapping[str, Callable[..., Values]] = MappingProxyType(
    {"gcp:container/nodePool:NodePool": _node_pool, "kubernetes:apps/v1:Deployment": _deployment}
)


class FillingProvider(CreatingProvider):
    """Creates what `CreatingProvider` does, and tells more of some types than was written."""

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's signature
        created = super().Create(request, context)
        if request.type not in FILLED:
            return created
        filled = FILLED[request.type](decoded(request.properties), exists=not request.preview)
        properties = encoded({**decoded(created.properties), **filled})
        return provider_pb2.CreateResponse(id=created.id, properties=properties)
