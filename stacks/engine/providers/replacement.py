"""Which changed properties replace a resource instead of updating it, as known without asking a cloud."""

import json
import pathlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from stacks.engine.providers.differences import Change, Difference, Path

FROM_SDKS = pathlib.Path(__file__).with_name("replacement_from_sdks.json")
BY_HAND = pathlib.Path(__file__).with_name("replacement_by_hand.json")
# The official provider's `metadataForceNewProperties`: a Kubernetes object cannot be renamed or moved.
EVERY_KUBERNETES_KIND = ("metadata.name", "metadata.namespace")


def replacing_properties(token: str) -> tuple[str, ...]:
    """
    Return the properties of a type that replace it when they change, as dotted paths without indices.

    A type that was written by hand is not looked up in the table from the SDKs.
    """
    everywhere = EVERY_KUBERNETES_KIND if token.startswith("kubernetes:") else ()
    return (*everywhere, *_table().get(token, ()))


def replacing(found: Iterable[Difference], properties: Collection[str]) -> frozenset[Path]:
    """
    Return the paths of the differences that change one of these properties.

    That is a difference at the property or below it, and one above it that adds or deletes a value with the property.
    """
    patterns = [tuple(text.split(".")) for text in properties]
    return frozenset(item.path for item in found if any(_touches(item, pattern) for pattern in patterns))


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    from_sdks: dict[str, list[str]] = json.loads(FROM_SDKS.read_text())["types"]
    by_hand: dict[str, dict[str, Any]] = json.loads(BY_HAND.read_text())["types"]
    rows = {**from_sdks, **{token: row["properties"] for token, row in by_hand.items()}}
    return {token: tuple(properties) for token, properties in rows.items()}


def _touches(item: Difference, pattern: tuple[str, ...]) -> bool:
    names = tuple(part for part in item.path if isinstance(part, str))
    if names[: len(pattern)] == pattern:
        return True
    is_above = pattern[: len(names)] == names and item.change is not Change.UPDATED
    return is_above and _holds(item.value, pattern[len(names) :])


def _holds(value: Any, names: tuple[str, ...]) -> bool:  # noqa: ANN401 - any JSON value
    if not names:
        return True
    if isinstance(value, list):
        return any(_holds(entry, names) for entry in value)
    return isinstance(value, dict) and names[0] in value and _holds(value[names[0]], names[1:])
