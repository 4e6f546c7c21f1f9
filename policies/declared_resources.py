"""The engine's resources as plain values, so that a cost is calculated without pulumi."""

from collections.abc import Container, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from components.cost.declared_resource import DeclaredResource
from policies.written_resource import WrittenResource

# Five policies judge the same resources, so each is copied once.
_COPIES: WeakKeyDictionary[PolicyResource, DeclaredResource] = WeakKeyDictionary()


def declared_resources(resources: Iterable[PolicyResource], types: Container[str]) -> tuple[DeclaredResource, ...]:
    """Return the resources of these types, unknown values as the engine's marks."""
    return tuple(declared_resource(resource) for resource in resources if resource.resource_type in types)


def written_properties(resource: PolicyResource) -> Mapping[str, Any]:
    """Return what the program wrote of a resource; what its provider tells where the engine has not shown it."""
    return resource.written if isinstance(resource, WrittenResource) else declared_resource(resource).props


def declared_resource(resource: PolicyResource) -> DeclaredResource:
    """Return one resource, unknown values as the engine's marks."""
    copy = _COPIES.get(resource)
    if copy is None:
        props = resource.declared if isinstance(resource, WrittenResource) else _plain(resource.props)
        copy = _COPIES[resource] = DeclaredResource(name=resource.name, type=resource.resource_type, props=props)
    return copy


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, str | int | float) or value is None:
        return value
    return [_item(value, index) for index in range(len(value))]


def _item(values: Any, key: Any) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return _plain(values[key])
    except UnknownValueError as error:
        return error.unknown_type_sentinel
