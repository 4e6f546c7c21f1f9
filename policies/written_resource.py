"""A resource that a stack policy judges by what its program wrote."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pulumi_policy import PolicyResource, PolicyResourceOptions
from pulumi_policy.proxy import unknown_checking_proxy

from components.cost.declared_properties import declared_properties


class WrittenResource(PolicyResource):
    """
    A resource whose inputs the engine has shown in this run.

    Its `props` are the inputs, and what the provider tells of what they leave out.

    Args:
        shown: What the engine shows of it when it shows the whole stack.
        options: Of the resource.
        inputs: Plain values, the engine's marks among them where one depends on another resource.
        outputs: The same of the provider; only what is not among the inputs is read.
    """

    def __init__(
        self,
        shown: Any,  # noqa: ANN401 - gRPC's message
        options: PolicyResourceOptions,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
    ) -> None:
        props = unknown_checking_proxy(declared_properties(inputs, outputs))
        super().__init__(shown.type, props, shown.urn, shown.name, options, None, None, [], {})
        self._inputs = inputs

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """The inputs alone; a value that is not known raises where it is read."""
        return unknown_checking_proxy(self._inputs)


def written(resource: PolicyResource) -> Mapping[str, Any]:
    """Return what the program wrote of a resource; what its provider tells where the engine has not shown it."""
    return resource.written if isinstance(resource, WrittenResource) else resource.props
