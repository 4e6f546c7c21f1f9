"""
Answer the engine: the SDK's own analyzer, less the work that no policy needs.

The SDK reads the properties of each resource once for each policy, whatever the type. Here a resource is read once, and only
if a policy judges its type. At 100 endpoints of seven resources, on a busy machine with two cores, a preview with the whole
pack took 2.2 times as long as one without through the SDK's analyzer, and 1.4 to 1.6 times through this one, which a pack of
two policies that look at nothing takes as well (`make bench ONLY=preview-policies`). The analyzer is a private class, so the
SDK is pinned to one minor version. `docs/decisions/0011` says what else is left out.
"""

import sys
import threading
from collections.abc import Callable, Container, Sequence
from concurrent import futures
from typing import Any, cast

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.policy import _PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from policies.written_resource import WrittenResource

# The SDK's: `PulumiPolicy.yaml` has the version that the engine shows.
UNSET_VERSION = "0.0.1"
# A plan of a large stack is one message; the SDK's own servers use the same limit.
LARGEST_MESSAGE_BYTES = 400 << 20
THREADS = 4

Judge = Callable[[Any, dict[str, Any] | None], Any]


class Analyzer(_PolicyAnalyzerServicer):
    """
    Judges resources of the types that policies read.

    Args:
        name: Of the pack.
        policies: All of them; each `validate` is called at once and says nothing of other types.
        resource_types: Types that a policy over one resource judges.
        stack_types: Types that a policy over the whole stack reads.
        read_ahead: Reads what policies need of files. The engine starts the program when the pack is configured, so it is
            called in a thread of its own then, and judging waits for it.
    """

    def __init__(
        self,
        name: str,
        policies: Sequence[Policy],
        resource_types: Container[str],
        stack_types: Container[str],
        read_ahead: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name, UNSET_VERSION, list(policies), EnforcementLevel.ADVISORY)
        self._pack = tuple(policies)
        self._resource_types, self._stack_types = resource_types, stack_types
        self._read_ahead = read_ahead
        # URN to what the program wrote, until the whole stack is judged.
        self._inputs = dict[str, dict[str, Any]]()
        self._reading: threading.Thread | None = None

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 - gRPC's signature
        """Take the limits, and read ahead while the engine starts the program."""
        answer = cast("Any", super()).Configure(request, context)
        self._reading = threading.Thread(target=self._read_ahead, daemon=True)
        self._reading.start()
        return answer

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: ANN401, N802
        """Judge one resource, and keep what the program wrote of it: of the whole stack the engine shows what providers tell."""
        is_judged, is_kept = request.type in self._resource_types, request.type in self._stack_types
        inputs = deserialize_properties(json_format.MessageToDict(request.properties)) if is_judged or is_kept else {}
        if is_kept:
            self._inputs[request.urn] = inputs
        if not is_judged:
            return analyzer_pb2.AnalyzeResponse()
        props, options = unknown_checking_proxy(inputs), self._get_resource_options(request)

        def args(config: dict[str, Any] | None) -> ResourceValidationArgs:
            return ResourceValidationArgs(request.type, props, request.urn, request.name, options, None, config)

        return self._judged(ResourceValidationPolicy, args)

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:  # noqa: ANN401, N802
        """Judge the whole stack."""
        resources = [self._resource(item) for item in request.resources if item.type in self._stack_types]
        return self._judged(StackValidationPolicy, lambda config: StackValidationArgs(resources, config))

    def _resource(self, item: Any) -> PolicyResource:  # noqa: ANN401
        options, provider = self._get_resource_options(item), _provider(item)
        inputs = self._inputs.pop(item.urn, None)
        if inputs is None:
            props = unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(item.properties)))
            return PolicyResource(item.type, props, item.urn, item.name, options, provider, None, [], {})
        # What is written counts as written, so only the rest is read of what the provider tells.
        told = {key: value for key, value in item.properties.fields.items() if key not in inputs}
        outputs = deserialize_properties({key: json_format.MessageToDict(value) for key, value in told.items()})
        return WrittenResource(item, options, provider, inputs, outputs)

    def _judged(
        self,
        kind: type[ResourceValidationPolicy] | type[StackValidationPolicy],
        args: Callable[[dict[str, Any] | None], Any],
    ) -> Any:  # noqa: ANN401
        if self._reading is not None:
            self._reading.join()
        response = analyzer_pb2.AnalyzeResponse()
        for policy in self._pack:
            level = self._get_enforcement_level(policy)
            if not isinstance(policy, kind) or level is EnforcementLevel.DISABLED:
                continue
            level = EnforcementLevel.MANDATORY if level is EnforcementLevel.REMEDIATE else level
            report = self._create_report_violation(response, policy.name, policy.description, level, policy.severity)
            try:
                cast("Any", policy).validate(args(self._get_policy_config(policy.name)), report)
            except UnknownValueError as error:
                # The SDK would make a note of it that refuses nothing.
                report(f"{error.message}, so it cannot be checked; make the value known", None)
        return response


def _provider(item: Any) -> PolicyProviderResource | None:  # noqa: ANN401
    """Return which provider a resource has; its properties, which no policy judges, would be read once a resource."""
    shown = item.provider
    return PolicyProviderResource(shown.type, {}, shown.urn, shown.name) if shown.urn else None


class _NoRemediation(grpc.ServerInterceptor):  # type: ignore[misc]
    """
    Answers `Remediate` as a method that does not exist: no policy of the pack changes a resource.

    The engine asks for each resource and passes over that answer, which takes no thread and no reading of the request.
    """

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:  # noqa: ANN401
        """Return no handler for that method."""
        return None if handler_call_details.method.endswith("/Remediate") else continuation(handler_call_details)


def serve(analyzer: Analyzer) -> None:
    """Tell the engine the port, as the SDK does, and answer until it ends this process."""
    options = [
        ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
        ("grpc.max_send_message_length", LARGEST_MESSAGE_BYTES),
    ]
    pool = futures.ThreadPoolExecutor(THREADS)
    server = grpc.server(pool, interceptors=[_NoRemediation()], options=options)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()
