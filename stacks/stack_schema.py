"""The JSON Schema of a stack file, so that an editor completes and checks the spec."""

from typing import Any

from stacks.spec import CONFIG_KEY, ServingSpec

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def stack_schema() -> dict[str, Any]:
    """Return the schema of `stacks/Pulumi.<stack>.yaml`; Pulumi's own keys are left to Pulumi."""
    spec = ServingSpec.model_json_schema()
    definitions = spec.pop("$defs")
    return {
        "$schema": DRAFT,
        "title": "model-serving stack file",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [CONFIG_KEY],
                "properties": {CONFIG_KEY: {"$ref": "#/$defs/ServingSpec"}},
            }
        },
        "$defs": {**definitions, "ServingSpec": spec},
    }
