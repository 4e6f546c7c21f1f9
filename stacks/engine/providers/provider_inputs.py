"""What a cloud's provider adds to a program's inputs, taken from the last state."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from stacks.engine.providers.wire import Values

# Where the bridge of Terraform's providers lists the inputs that it filled in, at every level of the inputs.
DEFAULTS = "__defaults"
NAME_DIGITS = 7


def with_last_defaults(old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
    """Return the program's inputs with the defaults that the provider had filled in and that the program leaves unset."""
    kept = [key for key in old.get(DEFAULTS) or () if key in old and key not in new]
    result = {key: _with_last_defaults(old.get(key), value) for key, value in new.items()}
    marked = {DEFAULTS: kept} if DEFAULTS in old else {}
    return {**result, **{key: old[key] for key in kept}, **marked}


def with_last_names(old: Mapping[str, Any], new: Mapping[str, Any], resource: str) -> Values:
    """Return the inputs with each name that the provider had made up from the resource's: `web-1a2b3c4`."""
    made_up = re.compile(re.escape(resource) + r"-[0-9a-f]{7,8}")
    names = {key: value for key, value in old.items() if isinstance(value, str) and made_up.fullmatch(value)}
    return {**names, **new}


def made_up_name(resource: str, seed: bytes, digits: int = NAME_DIGITS) -> str:
    """Return a name as providers make them up: the resource's with random digits, from the seed that the engine gives."""
    return f"{resource}-{hashlib.sha256(seed + resource.encode()).hexdigest()[:digits]}"


def _with_last_defaults(old: Any, new: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return with_last_defaults(old, new)
    if isinstance(old, list) and isinstance(new, list):
        before = [*old, *([None] * len(new))]
        return [_with_last_defaults(earlier, later) for earlier, later in zip(before, new, strict=False)]
    return new
