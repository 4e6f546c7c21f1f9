"""A lock that was made for another spec is refused, field by field, without the model and without a library."""

from pathlib import Path
from typing import Any

import pytest

from optimizers.build_request import build_request
from optimizers.errors import ArtifactError
from stacks.arguments import described_source, model_source, optimization_goal
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.stack_file import read_spec
from tests.support.checkout import Checkout
from tests.support.optimized_checkout import make_optimized_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_optimized_checkout(tmp_path)


def refuse(checkout: Checkout) -> None:
    refuse_outdated_lock(read_spec(checkout.root, "local"), Project(checkout.root), "local")


def test_a_lock_of_the_same_spec_passes_and_so_does_none(checkout: Checkout) -> None:
    refuse(checkout)
    (checkout.root / "artifacts.lock.json").unlink()
    refuse(checkout)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": {"path": "other.onnx"}}, "`location` is `other.onnx`, in the lock `small.onnx`"),
        ({"model": {"prediction": "classification"}}, "`prediction` is `classification`, in the lock `numeric`"),
        ({"model": {"samples": "rows.json"}}, "`samples` is `rows.json`, in the lock not set"),
        ({"model": {"max_length": 7}}, "`max_length` is `7`, in the lock not set"),
        ({"model": {"inputs": [{"name": "x", "shape": ["batch", 4]}]}}, "`inputs` is"),
        ({"model": {"path": "small", "architecture": "a:b"}}, "in the lock `small.onnx`"),
        ({"optimization": {"threads": 1}}, "`threads` is `1`, in the lock not set"),
        ({"optimization": {"quantization": False}}, "`quantization` is `False`, in the lock `True`"),
        ({"optimization": {"parity": {"max_error": 0.5}}}, "`thresholds` is"),
    ],
)
def test_a_spec_that_asks_for_something_else_is_refused(checkout: Checkout, change: dict[str, Any], said: str) -> None:
    checkout.spec(**change)

    with pytest.raises(ArtifactError) as caught:
        refuse(checkout)

    assert said in str(caught.value)
    assert str(caught.value).endswith("; run `serving optimize`")


def test_what_changes_no_artifact_needs_no_build(checkout: Checkout) -> None:
    checkout.spec(serving_context={"latency_sla_ms": 9, "throughput_rps": 1}, caching={"entries": 7})

    refuse(checkout)


def test_a_build_records_what_the_spec_asks_for(checkout: Checkout) -> None:
    spec = read_spec(checkout.root, "local")
    goal = optimization_goal(spec)

    assert build_request(model_source(spec, checkout.root), goal) == build_request(described_source(spec), goal)
