"""What the tables of replacing properties name exists in the installed SDKs."""

import json
import re
import typing
from typing import Any

import pytest
from pulumi import _types

from stacks.engine.providers import sdk_schema
from stacks.engine.providers.replacement import BY_HAND, FROM_SDKS, replacing_properties
from stacks.engine.providers.sdk_schema import NOTHING_KNOWN, installed_packages, sdk_type

BY_HAND_ROWS: dict[str, dict[str, Any]] = json.loads(BY_HAND.read_text())["types"]
# Repository, and somewhere after it a path and a commit.
SOURCE = re.compile(r"[\w-]+/[\w-]+,(?=.*[\w/]+/\w+\.go\b)(?=.*\bcommit [0-9a-f]{40}\b)")
FROM_SDK_ROWS: dict[str, list[str]] = json.loads(FROM_SDKS.read_text())["types"]


def test_the_sdks_that_the_tables_are_about_are_installed() -> None:
    assert {"aws", "aws-native", "gcp", "kubernetes"} <= installed_packages()


def test_every_row_from_the_sdks_names_properties_of_its_type() -> None:
    wrong = {
        token: sorted(missing)
        for token, properties in FROM_SDK_ROWS.items()
        if (known := sdk_type(token)) is not NOTHING_KNOWN and (missing := set(properties) - known.inputs)
    }

    assert wrong == {}


@pytest.mark.parametrize("token", BY_HAND_ROWS)
def test_every_row_by_hand_names_real_properties_at_every_level(token: str) -> None:
    assert sdk_type(token) is not NOTHING_KNOWN  # and its module is imported, without the SDK's warnings
    found = sdk_schema._resource_class(token)
    for path in replacing_properties(token):
        kind: Any = found
        for name in path.split("."):
            kind = property_type(kind, name)
            assert kind is not None, f"{path}: no {name}"


@pytest.mark.parametrize("token", BY_HAND_ROWS)
def test_every_row_by_hand_says_where_it_is_from(token: str) -> None:
    source = BY_HAND_ROWS[token]["source"]

    assert SOURCE.match(source), f"{source}: no repository, path and commit"
    assert "general knowledge" not in source


def test_the_table_from_the_sdks_says_which_sdks() -> None:
    source = json.loads(FROM_SDKS.read_text())["source"]

    assert {"pulumi-aws", "pulumi-gcp", "pulumi-aws-native"} <= set(re.findall(r"(pulumi[\w-]+) \d+\.\d+\.\d+", source))


def property_type(kind: Any, name: str) -> Any:
    """Return the type of a property, without `Output`, `Optional` and `Sequence` around it."""
    names = _types.resource_types(kind) if hasattr(kind, "urn") else _types.output_type_types(kind)
    found = names.get(name)
    while typing.get_args(found):
        found = typing.get_args(found)[0]
    return found
