"""The server process as a Pulumi resource: created ready and verified, found again by refresh, repaired by up."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from components.embedded.server_inputs import ServerInputs
from optimizers.errors import ServingError

Result = TypeVar("Result")

RUNNING = "running"
STOPPED = "stopped"


class EmbeddedServerProvider(ResourceProvider):
    """Create, find, replace and stop a server process. Captures nothing, so the state holds no secret."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Report a change when an input differs or when the last refresh found the server stopped."""
        changed = any(_olds.get(key) != _news[key] for key in ServerInputs.model_fields)
        return DiffResult(changes=changed or _olds.get("status") != RUNNING)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Start the server and return when it answers as the original model does."""
        outputs = _deploy(props)
        return CreateResult(id_=str(outputs["run_folder"]), outs=outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the recorded outputs with the status that is true now."""
        from components.embedded.deployment import is_running

        # What another version of this package wrote may lack a field: its server counts as stopped, so `up` replaces it.
        inputs = ServerInputs.find(props)
        alive = inputs is not None and _plain_error(lambda: is_running(inputs))
        return ReadResult(id_=id_, outs={**props, "status": RUNNING if alive else STOPPED})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Replace what runs; on failure what ran before runs again."""
        return UpdateResult(outs=_deploy(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Stop the server and remove its folder."""
        from components.embedded.deployment import remove

        _plain_error(lambda: remove(Path(_props["run_folder"])))


class EmbeddedServer(Resource, module="model-serving", name="EmbeddedServer"):
    """The supervised process that serves one artifact."""

    endpoint_url: pulumi.Output[str]
    """Where it answers."""
    status: pulumi.Output[str]
    """`running`, or `stopped` when a refresh found it gone."""

    def __init__(self, name: str, inputs: ServerInputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(EmbeddedServerProvider(), name, {**inputs.model_dump(mode="json"), "status": None}, opts)


def _deploy(props: dict[str, Any]) -> dict[str, Any]:
    from components.embedded.deployment import deploy

    inputs = ServerInputs.of(props)
    _plain_error(lambda: deploy(inputs))
    return {**{key: props[key] for key in ServerInputs.model_fields}, "status": RUNNING}


def _plain_error(action: Callable[[], Result]) -> Result:
    try:
        return action()
    except ServingError:
        # The dynamic provider sends `traceback.format_exc()` to the user, which honours this limit: one line is left.
        sys.tracebacklimit = 0
        raise
