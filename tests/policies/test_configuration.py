"""What a policy takes is said once: the engine's schema, the limits and the check come from one model."""

import pytest
from pulumi_policy import Policy
from pydantic import Field

from policies.configuration import PolicyConfiguration, limits, properties
from policies.pack import CONFIGURATIONS, POLICIES


class Example(PolicyConfiguration):
    """A limit, an optional word and a flag."""

    most: float | None = Field(default=None, gt=0, description="The limit.")
    word: str = Field(default="", description="A word.")
    waived: bool = Field(default=False, description="A flag.")


def test_a_field_that_is_none_by_default_is_a_limit_and_has_no_default_in_the_schema() -> None:
    assert limits(Example) == ("most",)
    assert properties(Example) == {
        "most": {"type": "number", "exclusiveMinimum": 0, "description": "The limit."},
        "word": {"type": "string", "default": "", "description": "A word."},
        "waived": {"type": "boolean", "default": False, "description": "A flag."},
    }


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_the_engine_checks_a_policy_by_the_model_that_the_pack_names(policy: Policy) -> None:
    model = CONFIGURATIONS.get(policy.name)

    assert (policy.config_schema.properties if policy.config_schema else None) == (properties(model) if model else None)


def test_every_configuration_belongs_to_a_policy() -> None:
    assert {policy.name for policy in POLICIES} >= CONFIGURATIONS.keys()
