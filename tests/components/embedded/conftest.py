"""Servers that a test starts are stopped, however the test ends."""

from collections.abc import Generator
from pathlib import Path

import pytest

from components.embedded import process
from components.embedded.deployment import CANDIDATE
from optimizers.store import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def run_folder(tmp_path: Path) -> Generator[Path]:
    folder = tmp_path / "run"
    yield folder
    for place in (folder / CANDIDATE, folder):
        process.stop(place, grace_s=0)
