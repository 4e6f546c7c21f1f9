"""What a stack may say of a policy in `stacks/policies.<stack>.json`: a model, its JSON Schema, and its limits."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pulumi_policy import PolicyConfigSchema
from pydantic import BaseModel, ConfigDict, ValidationError

ENFORCEMENT_LEVEL = "enforcementLevel"
DISABLED = "disabled"
# Keywords that pydantic adds and that say nothing to a reader.
UNSAID = ("title",)


class PolicyConfiguration(BaseModel):
    """
    Base of every policy's configuration: frozen, and a name that is no field is an error, or a limit would be passed over.

    A field that is None by default is a limit, unless it is one of `facts`: something that the judgement needs to know. A
    policy that has limits judges nothing until one of them is set.
    """

    facts: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Configuration = TypeVar("Configuration", bound=PolicyConfiguration)


def limits(configuration: type[PolicyConfiguration]) -> tuple[str, ...]:
    """Return the names of the limits."""
    return tuple(
        name
        for name, field in configuration.model_fields.items()
        if field.default is None and not field.is_required() and name not in configuration.facts
    )


def has_limit(configuration: PolicyConfiguration) -> bool:
    """Return whether one of the limits is set."""
    return any(getattr(configuration, name) is not None for name in limits(type(configuration)))


def sets_limit(said: Mapping[str, Any], configuration: type[PolicyConfiguration]) -> bool:
    """Return whether what a stack says of a policy sets one of its limits."""
    return any(said.get(name) is not None for name in limits(configuration))


def properties(configuration: type[PolicyConfiguration]) -> dict[str, Any]:
    """Return the JSON Schema of each field; a limit has no default."""
    schema = configuration.model_json_schema()
    return {name: _property(field) for name, field in schema.get("properties", {}).items()}


def config_schema(configuration: type[PolicyConfiguration]) -> PolicyConfigSchema:
    """Return the same in the engine's form."""
    return PolicyConfigSchema(properties=properties(configuration))


def read_configuration(said: Mapping[str, Any], configuration: type[Configuration]) -> Configuration | str:
    """Return a policy's configuration, or the violation that it is: which field, and which rule it breaks."""
    try:
        return configuration.model_validate(dict(said))
    except ValidationError as error:
        return _wrong_configuration(error)


def _wrong_configuration(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return f"the policy configuration is wrong at `{path}`: {first['msg'].lower()}; correct it"


def _property(field: dict[str, Any]) -> dict[str, Any]:
    """Write an optional field as the type that it has where it is set: JSON's null sets nothing."""
    set_types = [kind for kind in field.pop("anyOf", ()) if kind != {"type": "null"}]
    if set_types:
        field |= set_types[0]
    if field.get("default", "") is None:
        del field["default"]
    return {keyword: value for keyword, value in field.items() if keyword not in UNSAID}
