"""A provider of any package that answers the engine's questions at preview and never talks to a cloud."""

from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.differences import Difference, differences, path_text
from stacks.engine.providers.kubernetes_inputs import NAME_DIGITS, KubernetesSettings, kubernetes_inputs
from stacks.engine.providers.preview_outputs import created_outputs, updated_outputs
from stacks.engine.providers.provider_inputs import DEFAULTS, made_up_name, with_last_defaults, with_last_names
from stacks.engine.providers.replacement import replacing, replacing_properties
from stacks.engine.providers.sdk_schema import sdk_type
from stacks.engine.providers.wire import Values, decoded, encoded

# Newer than any SDK, so that the engine does not warn of an old plugin.
VERSION = "999.0.0"
CHANGES_NOTHING = "an offline preview changes nothing; run `serving up`"
KUBERNETES = "kubernetes:"


class RecordingProvider(provider_pb2_grpc.ResourceProviderServicer):
    """
    Compares a program's resources with the last state, by what the installed SDKs and the replacement tables say.

    One server answers every instance of a package's provider; the engine has a connection for each, so what an instance
    was configured with is kept by connection.
    """

    def __init__(self) -> None:
        self._kubernetes = dict[str, KubernetesSettings]()

    def Attach(self, request: Any, context: Any) -> Any:
        """Take the engine's address, which is not needed."""
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Accept neither secrets nor unknown values in any other form than the oldest."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return a version that satisfies every SDK."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Accept any configuration: nothing is reached with it."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Never replace a provider, and with it all of its resources."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        """Keep what changes a preview."""
        self._kubernetes[context.peer()] = KubernetesSettings.read(decoded(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        """Have nothing to end."""
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        """Return the program's inputs as the cloud's own provider would record them."""
        old, new = decoded(request.olds), decoded(request.news)
        resource = request.urn.rpartition("::")[2]
        if request.type.startswith(KUBERNETES):
            name = made_up_name(resource, request.randomSeed, NAME_DIGITS)
            inputs = kubernetes_inputs(request.type, old, new, self._settings(context), name)
        else:
            inputs = _named(request.type, resource, old, new, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=encoded(inputs))

    def Diff(self, request: Any, context: Any) -> Any:
        """Compare inputs with those in the last state."""
        old, new = decoded(request.old_inputs), decoded(request.news)
        found = differences(old, new)
        properties = (*replacing_properties(request.type), *sdk_type(request.type).replaces)
        kubernetes = self._settings(context).replacing(request.type)
        replaces = replacing(found, (*properties, *kubernetes))
        kind = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=kind,
            diffs=sorted({str(item.path[0]) for item in found}),
            replaces=sorted({str(path[0]) for path in replaces}),
            hasDetailedDiff=True,
            detailedDiff={
                path_text(item.path): _property_diff(item, is_replacing=item.path in replaces) for item in found
            },
            deleteBeforeReplace=bool(replaces) and _keeps_its_name(old, new),
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Return what is known of a new resource; create nothing."""
        if not request.preview:
            _refuse(context, CHANGES_NOTHING)
        computed = sdk_type(request.type).computed
        return provider_pb2.CreateResponse(properties=encoded(created_outputs(decoded(request.properties), computed)))

    def Update(self, request: Any, context: Any) -> Any:
        """Return what is known of a changed resource; update nothing."""
        if not request.preview:
            _refuse(context, CHANGES_NOTHING)
        outputs = updated_outputs(decoded(request.olds), decoded(request.old_inputs), decoded(request.news))
        return provider_pb2.UpdateResponse(properties=encoded(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        """Return the last state as it is: nobody is asked."""
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: Any) -> Any:
        """Delete nothing."""
        _refuse(context, CHANGES_NOTHING)

    def Invoke(self, request: Any, context: Any) -> Any:
        """Refuse a function of a cloud's provider: its answer lies in the cloud."""
        _refuse(context, f"an offline preview cannot ask a cloud for `{request.tok}`; preview online")

    def Call(self, request: Any, context: Any) -> Any:
        """Refuse a method of a component that a provider builds."""
        _refuse(context, f"an offline preview cannot call `{request.tok}`; preview online")

    def Construct(self, request: Any, context: Any) -> Any:
        """Refuse a component that a provider builds: only that provider knows its resources."""
        _refuse(context, f"an offline preview cannot build the component `{request.type}`; preview online")

    def _settings(self, context: Any) -> KubernetesSettings:
        return self._kubernetes.get(context.peer(), KubernetesSettings())


def _property_diff(item: Difference, *, is_replacing: bool) -> Any:
    kind: Any = item.change + is_replacing
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)


def _named(token: str, resource: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes) -> Values:
    """Return inputs with the defaults and names that the last state has; a new resource gets a made-up name."""
    inputs = with_last_names(old, with_last_defaults(old, new), resource)
    known = sdk_type(token)
    takes_name = "name" in known.inputs and "name" in known.outputs and "namePrefix" not in new
    if old or "name" in new or not takes_name:
        return inputs
    return {**inputs, "name": made_up_name(resource, seed), DEFAULTS: ["name"]}


def _keeps_its_name(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether old and new resource cannot exist side by side, since the program names both alike."""
    metadata, before = new.get("metadata"), old.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(before, Mapping):
        return all(metadata.get(key) == before.get(key) != UNKNOWN for key in ("name", "namespace"))
    is_made_up = "name" in (new.get(DEFAULTS) or ())
    return not is_made_up and "name" in new and new["name"] == old.get("name")


def _refuse(context: Any, reason: str) -> NoReturn:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, reason)
    raise AssertionError(reason)  # `abort` raises
