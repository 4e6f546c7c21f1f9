"""The JSON Schema of `stacks/policies.<stack>.json`, from the pack itself."""

from typing import Any

from pulumi_policy import EnforcementLevel, Policy

from policies.configuration import ENFORCEMENT_LEVEL, PolicyConfiguration, properties
from policies.pack import CONFIGURATIONS, POLICIES
from stacks.policy_config import LEVELS
from stacks.stack_schema import DRAFT


def policy_schema() -> dict[str, Any]:
    """Return the schema of a stack's policy configuration: every policy, its fields, its level."""
    return {
        "$schema": DRAFT,
        "title": "model-serving policy configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {policy.name: _policy(policy) for policy in POLICIES},
    }


def _policy(policy: Policy) -> dict[str, Any]:
    level = {
        "type": "string",
        "enum": list(LEVELS),
        "default": (policy.enforcement_level or EnforcementLevel.ADVISORY).value,
        "description": "`mandatory` refuses, `advisory` tells, `disabled` judges nothing.",
    }
    fields = properties(CONFIGURATIONS.get(policy.name, PolicyConfiguration))
    return {
        "description": policy.description,
        "type": "object",
        "additionalProperties": False,
        "properties": {ENFORCEMENT_LEVEL: level, **fields},
    }
