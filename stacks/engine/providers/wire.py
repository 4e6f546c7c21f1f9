"""Values as the engine sends them: plain Python here, protobuf there."""

import base64
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from stacks.engine.marks import SECRET, SIGNATURE, UNKNOWN

# Keys that providers keep for themselves, such as `__defaults`.
INTERNAL_PREFIX = "__"

Values = dict[str, Any]


def decoded(struct: Struct) -> Values:
    """Return the values of a message; a whole number comes back as `int`, since the wire knows only floats."""
    return {key: _decoded(value) for key, value in struct.fields.items()}


def encoded(values: Mapping[str, Any]) -> Struct:
    """Return the message that holds these values."""
    struct = Struct()
    struct.update(values)
    return struct


def secret(value: Any) -> Values:  # noqa: ANN401 - any JSON value
    """Mark a value as secret, so that the engine encrypts it and never shows it."""
    return {SIGNATURE: SECRET, "value": value}


def in_base64(text: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the base64 of a text; what is not known yet stays unknown."""
    return UNKNOWN if text == UNKNOWN else base64.b64encode(str(text).encode()).decode()


def _decoded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return decoded(value.struct_value)
    if kind == "list_value":
        return [_decoded(item) for item in value.list_value.values]
    if kind == "number_value":
        number: float = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in {None, "null_value"} else getattr(value, kind)
