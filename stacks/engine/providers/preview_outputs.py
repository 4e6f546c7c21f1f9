"""Outputs of a resource at preview: what the program sets, what the last state says, and what nobody knows yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.wire import Values


def created_outputs(inputs: Mapping[str, Any], computed: Iterable[str]) -> Values:
    """Return the outputs of a resource that does not exist yet: what only the cloud knows is unknown."""
    return {**dict.fromkeys(computed, UNKNOWN), **inputs}


def updated_outputs(outputs: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
    """
    Return the outputs of a resource after an update: the last ones, with the program's changes at any depth.

    Else an unchanged ARN would be unknown, and everything that reads it would look changed.

    Args:
        outputs: In the last state.
        old: Inputs in the last state; what was set there and is no longer is dropped.
        new: Inputs of the program.
    """
    kept = {key: value for key, value in outputs.items() if key not in new and key not in old}
    return {**kept, **{key: _updated(outputs.get(key), old.get(key), value) for key, value in new.items()}}


def _updated(output: Any, old: Any, new: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(output, Mapping) and isinstance(old, Mapping) and isinstance(new, Mapping):
        return updated_outputs(output, old, new)
    if isinstance(output, list) and isinstance(old, list) and isinstance(new, list) and len(output) == len(new):
        earlier = [*old, *([None] * len(new))]
        return [_updated(*item) for item in zip(output, earlier, new, strict=False)]
    return new
