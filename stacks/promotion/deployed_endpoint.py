"""What the state of a stack says is deployed: the recorded plan and the server that carries it out; pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from components.embedded.server_inputs import ServerInputs
from components.endpoint_plan import EndpointPlan
from components.tokens import ENDPOINTS
from optimizers.errors import DeployError


class DeployedEndpoint(NamedTuple):
    """An endpoint as its stack's state records it."""

    plan: EndpointPlan
    server: ServerInputs


def deployed_endpoint(deployment: Mapping[str, Any], name: str, stack: str) -> DeployedEndpoint:
    """
    Return the endpoint that a stack's state records.

    Args:
        deployment: What `pulumi stack export` prints under `deployment`.
        name: Of the endpoint.
        stack: Of the state, for the message.

    Raises:
        DeployError: None of this name is there, or another version of this package recorded it.
    """
    resources: list[Mapping[str, Any]] = deployment.get("resources") or []
    for resource in resources:
        if resource.get("type") in ENDPOINTS and str(resource.get("urn")).endswith(f"::{name}"):
            server = next(_servers(resources, str(resource["urn"])), None)
            try:
                plan = EndpointPlan.model_validate(resource.get("inputs", {}).get("plan"))
            except ValidationError:
                plan = None
            if plan is None or server is None:
                raise DeployError(
                    f"what the state of stack `{stack}` records of `{name}` is incomplete or of another version; "
                    f"run `serving up --stack {stack}`"
                )
            return DeployedEndpoint(plan, server)
    raise DeployError(f"`{name}` is not deployed in stack `{stack}`; run `serving up --stack {stack}`")


def _servers(resources: list[Mapping[str, Any]], parent: str) -> Iterator[ServerInputs]:
    children = (resource for resource in resources if resource.get("parent") == parent)
    found = (ServerInputs.find(child.get("outputs") or {}) for child in children)
    return (server for server in found if server is not None)
