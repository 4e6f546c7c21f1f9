"""A stack gets artifacts from the stack that its spec names, and only those that it asks for."""

from typing import Any

import pytest

from optimizers.errors import InvalidArgs
from stacks.promotion.compatibility import refuse_incompatible
from stacks.spec import ServingSpec
from tests.support.optimized_checkout import SPEC


def spec(**changes: Any) -> ServingSpec:
    merged = {
        key: {**SPEC.get(key, {}), **value} if isinstance(value, dict) else value for key, value in changes.items()
    }
    return ServingSpec.model_validate({**SPEC, **merged})


STAGING: dict[str, Any] = {"promotion": {"source": "dev"}}


def refusal(source: str, target: str, target_spec: ServingSpec) -> InvalidArgs:
    with pytest.raises(InvalidArgs) as caught:
        refuse_incompatible(source, spec(), target, target_spec)
    return caught.value


@pytest.mark.parametrize(
    "changes",
    [
        {"serving_context": {"latency_sla_ms": 50, "throughput_rps": 900}},
        {"batching": {"enabled": False}},
        {"caching": {"entries": 7}},
        {"endpoint": {"port": 4000}},
    ],
)
def test_what_changes_no_artifact_may_differ(changes: dict[str, Any]) -> None:
    refuse_incompatible("dev", spec(), "staging", spec(**STAGING, **changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "other"}, "name: got `other`; stack `dev` has `small`"),
        ({"model": {"path": "other.onnx"}}, "location: got `other.onnx`; stack `dev` has `small.onnx`"),
        ({"model": {"path": "m"}, "serving_context": {"model_format": "pytorch"}}, "model_format: got `pytorch`"),
        ({"model": {"prediction": "classification"}}, "prediction: got `classification`"),
        ({"model": {"samples": "rows.json"}}, "samples: got `rows.json`; stack `dev` has nothing"),
        ({"optimization": {"threads": 3}}, "threads: got `3`"),
        ({"optimization": {"quantization": False}}, "quantization: got `false`; stack `dev` has `true`"),
        (
            {"optimization": {"parity": {"max_error": 0.5}}},
            'thresholds: got `{"cosine": 0.999, "top1": 0.99, "max_error": 0.5}`; stack `dev` has `{"cosine"',
        ),
        ({"serving_context": {"deployment_target": "kubernetes"}}, "deployment_target: got `kubernetes`"),
        ({"serving_context": {"hardware": {"accelerator": "gpu"}}}, "accelerator: got `gpu`"),
    ],
)
def test_refuses_a_target_that_asks_for_other_artifacts(changes: dict[str, Any], said: str) -> None:
    error = refusal("dev", "staging", spec(**STAGING, **changes))

    assert error.source == "stacks/Pulumi.staging.yaml"
    assert any(str(issue).startswith(said) for issue in error.issues)


def test_refuses_with_every_difference_at_once() -> None:
    error = refusal("dev", "staging", spec(**STAGING, name="other", optimization={"threads": 3}))

    assert [issue.path for issue in error.issues] == ["name", "threads"]


@pytest.mark.parametrize(
    ("source", "target", "promotion", "said"),
    [
        ("dev", "prod", {"source": "staging"}, "takes promotions from `staging` only; run `serving promote staging prod`"),
        ("staging", "dev", None, "stack `dev` builds its own artifacts; write `promotion: {source: staging}`"),
        ("prod", "prod", {"source": "prod"}, "names the stack itself"),
        ("dev", "dev", None, "a stack is promoted to another one; run `serving promote dev TARGET` with the stack that"),
        ("prod", "prod", {"source": "staging"}, "promoted to another one; run `serving promote staging prod`"),
        ("dev", "prod", {"source": "prod"}, "names the stack itself"),
    ],
)  # fmt: skip
def test_refuses_the_wrong_direction(source: str, target: str, promotion: Any, said: str) -> None:
    assert said in str(refusal(source, target, spec(promotion=promotion)))
