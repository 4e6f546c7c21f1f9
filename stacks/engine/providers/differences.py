"""Where two sets of inputs differ."""

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from stacks.engine.marks import ARCHIVE, ASSET, SIGNATURE, UNKNOWN
from stacks.engine.providers.wire import INTERNAL_PREFIX

Path = tuple[str | int, ...]
QUOTED_IN_PATHS = frozenset('."[]')


class Change(IntEnum):
    """What happened at a path: numbers of the engine's protocol; one more means that it replaces the resource."""

    ADDED = 0
    DELETED = 2
    UPDATED = 4


class Difference(NamedTuple):
    """
    One path at which inputs differ.

    Attributes:
        path: Names of properties and indices of lists, from the top.
        change: What happened there.
        value: What was added or deleted, or the new value.
    """

    path: Path
    change: Change
    value: Any


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """
    Return every path at which two sets of inputs differ, sorted by property.

    Lists are compared by index. A property that is null is absent. An unknown value differs from everything, since it may
    become anything. Assets are compared by their content's hash, so that a checkout elsewhere is no change.
    """
    return tuple(_differences(old, new, ()))


def path_text(path: Path) -> str:
    """Return a path as the engine writes it: `spec.containers[0].image`, `metadata["app/name.x"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif QUOTED_IN_PATHS & set(part):
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{part}" if text else part
    return text


def _differences(old: Any, new: Any, path: Path) -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if _is_asset(old) and _is_asset(new):
            if old.get("hash") != new.get("hash"):
                yield Difference(path, Change.UPDATED, new)
            return
        earlier, later = _present(old), _present(new)
        for key in sorted({*earlier, *later}):
            yield from _at((*path, key), earlier, later, key)
    elif isinstance(old, list) and isinstance(new, list):
        before, after = dict(enumerate(old)), dict(enumerate(new))
        for index in range(max(len(old), len(new))):
            yield from _at((*path, index), before, after, index)
    elif old != new or type(old) is not type(new) or old == UNKNOWN:
        yield Difference(path, Change.UPDATED, new)


def _at(path: Path, before: Mapping[Any, Any], after: Mapping[Any, Any], key: str | int) -> Iterator[Difference]:
    if key not in after:
        yield Difference(path, Change.DELETED, before[key])
    elif key not in before:
        yield Difference(path, Change.ADDED, after[key])
    else:
        yield from _differences(before[key], after[key], path)


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None and not key.startswith(INTERNAL_PREFIX)}


def _is_asset(values: Mapping[str, Any]) -> bool:
    return values.get(SIGNATURE) in {ASSET, ARCHIVE}
