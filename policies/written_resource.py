"""A resource that a stack policy judges by what its program wrote."""

from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource, PolicyResourceOptions
from pulumi_policy.proxy import unknown_checking_proxy

from components.cost.declared_properties import declared_properties


class WrittenResource(PolicyResource):
    """
    A resource whose inputs the engine has shown in this run.

    Attributes:
        declared: The inputs, and what the provider tells of what they leave out, as plain values. `props` are the same.
        written: The inputs alone, plain as well.

    Args:
        shown: What the engine shows of it when it shows the whole stack.
        options: Of the resource.
        provider: Of the resource, where it has one.
        inputs: Plain values, the engine's marks among them where one depends on another resource.
        outputs: The same of the provider; only what is not among the inputs is read.
    """

    def __init__(
        self,
        shown: Any,  # noqa: ANN401 - gRPC's message
        options: PolicyResourceOptions,
        provider: PolicyProviderResource | None,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
    ) -> None:
        self.declared = declared_properties(inputs, outputs)
        props = unknown_checking_proxy(self.declared)
        super().__init__(shown.type, props, shown.urn, shown.name, options, provider, None, [], {})
        self.written = inputs
