"""Checkouts that a command can run in."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.checkout import Checkout, make_checkout
from tests.support.optimized_checkout import SPEC, make_optimized_checkout

OPTIMIZED = ("small.onnx", "artifacts.lock.json", ".model-serving/artifacts")


@pytest.fixture(scope="session")
def optimized_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that each test's checkout takes its artifact from."""
    return make_optimized_checkout(tmp_path_factory.mktemp("optimized")).root


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with a valid spec and nothing built."""
    return make_checkout(tmp_path, SPEC)


@pytest.fixture
def optimized(checkout: Checkout, optimized_once: Path) -> Generator[Checkout]:
    """A checkout that can be deployed; what a test leaves running is stopped."""
    for name in OPTIMIZED:
        source, target = optimized_once / name, checkout.root / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    yield checkout
    if (checkout.root / ".model-serving/run").exists():
        checkout.serving("down")
