"""A machine of one's own: an empty cache, an empty PATH, and small programs that stand on it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.engine.locate import Engine, locate_engine
from tests.stacks.engine.toy_project import Toy, make_toy

# `go build … -o FILE …` writes FILE; each call is noted in calls.txt beside the script.
GO = """
echo "$@" >> "{folder}/calls.txt"
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit 0; fi
echo "cgo=$CGO_ENABLED folder=$PWD" >> "{folder}/calls.txt"
{while_building}
while [ "$1" != -o ]; do shift; done
echo engine > "$2"
"""

Script = Callable[[str, str], Path]
Go = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of engines."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MODEL_SERVING_CACHE", str(folder))
    return folder


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses every connection at once."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


@pytest.fixture
def script(programs: Path) -> Script:
    """Put an executable on PATH: its name and its lines of `sh`."""

    def write(name: str, text: str) -> Path:
        path = programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def go(script: Script, programs: Path) -> Go:
    """Put a Go toolchain on PATH that builds an engine of one line."""

    def write(version: str = "1.26.8", while_building: str = "") -> Path:
        script("go", GO.format(folder=programs, version=version, while_building=while_building))
        return programs / "calls.txt"

    return write


@pytest.fixture
def said() -> list[str]:
    """What the code under test said: pass `said.append`."""
    return []


@pytest.fixture(scope="session")
def real_engine() -> Engine:
    """The engine of this machine: installed, or built by `make engine`."""
    return locate_engine(print)


@pytest.fixture
def toy(tmp_path: Path, real_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A small project of a user without a Pulumi account."""
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    return make_toy(tmp_path / "toy", real_engine)
