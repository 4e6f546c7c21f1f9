"""The public names of the specification, section 1, are spelt here a second time on purpose."""

import json
from pathlib import Path
from typing import Any, get_type_hints

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from components.embedded.endpoint import EmbeddedEndpointArgs
from components.embedded.inputs import EmbeddedInputs
from optimizers.vocabulary import Accelerator, DeploymentTarget, ModelFormat, TaskType
from stacks.spec import ServingSpec
from stacks.stack_schema import stack_schema

ROOT = Path(__file__).parents[2]


def test_the_enums_are_the_contract() -> None:
    assert list(TaskType) == ["deploy_model", "optimize_inference", "configure_scaling", "setup_batch", "deploy_edge"]
    assert list(ModelFormat) == ["pytorch", "tensorflow", "onnx", "triton", "torchscript"]
    assert list(DeploymentTarget) == ["kubernetes", "serverless", "edge", "embedded"]
    assert list(Accelerator) == ["cpu", "gpu", "tpu", "inferentia"]


def test_the_fields_are_the_contract() -> None:
    context = ServingSpec.model_fields["serving_context"].annotation
    assert context is not None
    assert ServingSpec.model_fields["task_type"].is_required()
    assert list(context.model_fields) == [
        "model_format", "latency_sla_ms", "throughput_rps", "deployment_target", "hardware",
    ]  # fmt: skip
    assert list(context.model_fields["hardware"].annotation.model_fields) == ["accelerator", "instances"]


def test_the_arguments_of_the_component_are_what_it_checks() -> None:
    hints = get_type_hints(EmbeddedEndpointArgs, include_extras=True)

    assert list(hints) == list(EmbeddedInputs.model_fields)
    required = {name for name, field in EmbeddedInputs.model_fields.items() if field.is_required()}
    assert required == EmbeddedEndpointArgs.__required_keys__


def test_the_documented_defaults_of_the_component_are_the_real_ones() -> None:
    source = (ROOT / "components/embedded/endpoint.py").read_text()
    for name, field in EmbeddedInputs.model_fields.items():
        documentation = source.split(f"    {name}: ")[1].split('"""')[1]
        expected = "Required." if field.is_required() else f"Default: {field.default}."
        assert documentation.endswith(expected), name


def test_the_committed_schema_is_this_versions() -> None:
    assert json.loads((ROOT / "docs/stack.schema.json").read_text()) == stack_schema()


def test_the_schema_is_valid_and_accepts_every_shipped_stack() -> None:
    schema = stack_schema()
    Draft202012Validator.check_schema(schema)
    for path in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"task_type": "deploy_model"},
        {"task_type": "deploy_model", "model": {"path": ""}},
        {"task_type": "deploy_model", "model": {"path": "m"}, "unknown": 1},
        {"task_type": "deploy_model", "model": {"path": "m"}, "serving_context": {"latency_sla_ms": 0}},
    ],
)
def test_the_schema_refuses_what_the_spec_refuses(spec: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"config": {"model-serving:spec": spec}}, stack_schema())
