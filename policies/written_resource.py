"""A resource that a stack policy judges by what its program wrote."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_policy import PolicyResource, PolicyResourceOptions
from pulumi_policy.proxy import unknown_checking_proxy

from components.cost.declared_properties import declared_properties


class WrittenResource(PolicyResource):
    """
    A resource whose inputs the engine has shown in this run.

    Attributes:
        declared: The inputs, and what the provider tells of what they leave out, as plain values. `props` are the same.
        written: The inputs alone.

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
        self.declared = declared_properties(inputs, outputs)
        props = unknown_checking_proxy(self.declared)
        super().__init__(shown.type, props, shown.urn, shown.name, options, None, None, [], {})
        self.written = _Part(props, inputs.keys())


def written(resource: PolicyResource) -> Mapping[str, Any]:
    """Return what the program wrote of a resource; what its provider tells where the engine has not shown it."""
    return resource.written if isinstance(resource, WrittenResource) else resource.props


class _Part(Mapping[str, Any]):
    """Some of a mapping's values, which raise where they are read if they are not known, as there."""

    def __init__(self, whole: Mapping[str, Any], keys: Collection[str]) -> None:
        self._whole, self._keys = whole, keys

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        if key not in self._keys:
            raise KeyError(key)
        return self._whole[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
