"""Which properties of a resource differ, as text."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.engine.marks import HIDDEN, SIGNATURE, UNKNOWN
from stacks.engine.resource_change import ResourceChange
from stacks.review.review import PropertyChange

NOT_KNOWN_YET = "known after deployment"
# Longer values, such as files, say nothing in a table.
LONGEST_VALUE = 200


def changed_properties(change: ResourceChange) -> tuple[PropertyChange, ...]:
    """Return what differs, by path; nothing for a resource that comes or goes, where everything would."""
    if change.before is None or change.after is None:
        return ()
    before, after = dict(_leaves(change.before, "")), dict(_leaves(change.after, ""))
    return tuple(
        PropertyChange(path=path, before=before.get(path), after=after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping) and value and SIGNATURE not in value:
        for key, item in value.items():
            # Names with two underscores are the engine's own: defaults, a dynamic provider's code.
            if not str(key).startswith("__"):
                yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value == UNKNOWN:
        return NOT_KNOWN_YET
    if isinstance(value, Mapping) and value:
        return HIDDEN
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
