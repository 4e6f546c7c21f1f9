"""Type tokens that stand in the code and in the tables are types of the installed SDKs: a misspelt one judges nothing."""

import json
import re
from pathlib import Path

import pytest

from components.cost.raw_resources import READERS
from components.cost.unpriced_types import UNPRICED
from stacks.engine.providers.replacement import BY_HAND, FROM_SDKS
from stacks.engine.providers.sdk_schema import NOTHING_KNOWN, installed_packages, sdk_type

ROOT = Path(__file__).parents[2]
OURS = "model-serving:"
WRITTEN = re.compile(r"""["']((?:aws|aws-native|eks|gcp|google-native|kubernetes):[\w./-]+:\w+)["']""")
# Types that programs with an older SDK still have.
LAST_IN = {"gcp:notebooks/instance:Instance": "pulumi-gcp 9", "gcp:tpu/node:Node": "pulumi-gcp 8"}
# Their SDKs are no dependencies; their tokens were looked up in public programs.
NOT_INSTALLED = frozenset({"eks", "google-native"})
# A custom resource has the token that its group, version and kind make.
CUSTOM_RESOURCES = (
    "kubernetes:cloud.google.com/",
    "kubernetes:gateway.networking.k8s.io/",
    "kubernetes:karpenter.sh/",
    "kubernetes:keda.sh/",
)


def tokens() -> frozenset[str]:
    """Return every token of a cloud or of Kubernetes."""
    files = (file for name in ("components", "policies", "stacks") for file in (ROOT / name).rglob("*.py"))
    in_code = {token for file in files for token in WRITTEN.findall(file.read_text(encoding="utf-8"))}
    in_tables = {token for table in (BY_HAND, FROM_SDKS) for token in json.loads(table.read_text())["types"]}
    return frozenset({*in_code, *in_tables, *UNPRICED, *READERS})


def is_exempt(token: str) -> bool:
    return token in LAST_IN or token.partition(":")[0] in NOT_INSTALLED or token.startswith((OURS, *CUSTOM_RESOURCES))


def test_every_token_is_a_type_of_an_installed_sdk() -> None:
    assert [token for token in sorted(tokens()) if not is_exempt(token) and sdk_type(token) is NOTHING_KNOWN] == []


@pytest.mark.parametrize("token", LAST_IN)
def test_what_is_excused_as_gone_is_gone_and_still_used(token: str) -> None:
    assert sdk_type(token) is NOTHING_KNOWN
    assert token in tokens()


def test_what_is_excused_as_not_installed_is_not_installed() -> None:
    assert not NOT_INSTALLED & installed_packages()


@pytest.mark.parametrize("token", [token for token in sorted(tokens()) if token.startswith(CUSTOM_RESOURCES)])
def test_a_custom_resource_has_the_token_that_its_group_version_and_kind_make(token: str) -> None:
    assert re.fullmatch(r"kubernetes:[a-z0-9.]+/v\d+(?:(?:alpha|beta)\d+)?:[A-Z][A-Za-z]+", token)
