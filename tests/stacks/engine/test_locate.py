import os
import time
from pathlib import Path

import pytest

from optimizers.errors import DeployError
from stacks.engine.cache import VERSION, built_engine_folder, installed_engine_folder
from stacks.engine.locate import INSTALL_RETRY_S, Origin, locate_engine
from tests.stacks.engine.conftest import Go, Script

pytestmark = pytest.mark.usefixtures("cache", "programs", "no_network")


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("v3.259.0", "3.259.0"),
        ("3.300.1", "3.300.1"),
        ("v3.1000.0", "3.1000.0"),
        ("v4.0.0", "4.0.0"),
        ("v3.260.0-alpha.1+dirty", "3.260.0"),
    ],
)
def test_an_engine_on_path_that_is_recent_enough_is_used(
    script: Script, said: list[str], printed: str, version: str
) -> None:
    path = script("pulumi", f"echo {printed}")

    engine = locate_engine(said.append)

    assert (engine.path, engine.version, engine.origin) == (path, version, Origin.PATH)
    assert engine.sentence == f"using Pulumi {version} from PATH ({path})"
    assert said == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("echo v3.258.9", "3.258.9 is older than 3.259.0"),
        ("echo v2.999.0", "2.999.0 is older than 3.259.0"),
        ("echo garbage", "does not print its version"),
        ("exit 1", "does not print its version"),
        ("kill -9 $$", "does not print its version"),
    ],
)
def test_an_engine_on_path_that_cannot_be_used_is_named_and_passed_over(
    script: Script, go: Go, said: list[str], lines: str, reason: str
) -> None:
    path = script("pulumi", lines)
    go()

    engine = locate_engine(said.append)

    assert engine.origin is Origin.BUILT
    assert said[0] == f"engine: `{path}` {reason} and is not used"


def test_a_file_that_is_no_program_is_passed_over(script: Script, go: Go, said: list[str]) -> None:
    path = script("pulumi", "")
    path.write_bytes(b"\x7fELF but not really")
    go()

    assert locate_engine(said.append).origin is Origin.BUILT
    assert "does not print its version" in said[0]


def test_the_version_is_asked_once_for_each_state_of_the_file(
    script: Script, go: Go, programs: Path, said: list[str]
) -> None:
    count = f'echo asked >> "{programs}/asked.txt"; echo '
    path = script("pulumi", count + "v3.300.0")
    go()

    assert [locate_engine(said.append).version for _ in range(3)] == ["3.300.0"] * 3
    assert (programs / "asked.txt").read_text().count("asked") == 1
    script("pulumi", count + "v3.1.0")
    os.utime(path, (1, 1))
    assert locate_engine(said.append).origin is Origin.BUILT
    assert (programs / "asked.txt").read_text().count("asked") == 2


def test_an_engine_that_failed_once_is_asked_again(script: Script, go: Go, programs: Path, said: list[str]) -> None:
    script("pulumi", f'[ -e "{programs}/repaired" ] && echo v3.300.0')
    go()
    assert locate_engine(said.append).origin is Origin.BUILT

    (programs / "repaired").touch()

    assert locate_engine(said.append).origin is Origin.PATH


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_a_damaged_memory_of_versions_is_forgotten(script: Script, cache: Path, said: list[str], content: str) -> None:
    script("pulumi", "echo v3.300.0")
    (cache / "engine").mkdir(parents=True)
    (cache / "engine/versions.json").write_text(content)

    assert locate_engine(said.append).origin is Origin.PATH


def test_the_project_s_own_engine_on_path_keeps_its_origin(
    go: Go, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `eval "$(serving engine --export)"` the built engine is first on PATH."""
    go()
    built = locate_engine(said.append)
    monkeypatch.setenv("PATH", str(built.path.parent), prepend=os.pathsep)

    assert locate_engine(said.append) == built


def test_without_any_engine_the_installer_is_tried_and_then_one_is_built(go: Go, said: list[str]) -> None:
    calls = go()

    engine = locate_engine(said.append)

    assert engine.origin is Origin.BUILT
    assert engine.path == built_engine_folder() / "bin/pulumi"
    assert engine.sentence == (
        f"using Pulumi {VERSION} built from Go modules, with the project's language host ({engine.path})"
    )
    assert said[0] == f"engine: trying the official installer for Pulumi {VERSION}"
    assert said[1].startswith("engine: the official installer cannot be had here (")
    assert "refused" in said[1]
    assert said[2].startswith(f"engine: building Pulumi {VERSION}")
    assert "build" in calls.read_text()


def test_a_failed_installer_is_remembered_for_a_day(go: Go, said: list[str]) -> None:
    go()
    locate_engine(said.append).path.unlink()
    said.clear()
    locate_engine(said.append).path.unlink()
    assert not any("installer" in line for line in said)

    (memory,) = installed_engine_folder().parent.glob("*.failed")
    assert memory.name == f"official-{VERSION}.failed"
    long_ago = time.time() - INSTALL_RETRY_S - 1
    os.utime(memory, (long_ago, long_ago))
    said.clear()
    locate_engine(said.append)

    assert said[0].startswith("engine: trying the official installer")
    assert memory.stat().st_mtime > long_ago


def test_a_failed_installer_leaves_no_half_of_an_engine(go: Go, said: list[str]) -> None:
    go()

    locate_engine(said.append)

    assert not installed_engine_folder().exists()
    assert not list(installed_engine_folder().parent.glob("installing-*"))


def test_what_the_installer_brought_is_used_before_a_build(go: Go, said: list[str]) -> None:
    calls = go()
    binary = installed_engine_folder() / "bin/pulumi"
    binary.parent.mkdir(parents=True)
    binary.touch()

    engine = locate_engine(said.append)

    assert (engine.path, engine.origin) == (binary, Origin.INSTALLER)
    assert engine.sentence == f"using Pulumi {VERSION} from the official installer ({binary})"
    assert not calls.exists()
    assert said == []


def test_without_engine_internet_and_go_one_sentence_says_what_to_install(said: list[str]) -> None:
    with pytest.raises(DeployError) as caught:
        locate_engine(said.append)

    assert str(caught.value) == (
        f"no Pulumi engine and no `go` on PATH to build one; "
        f"install Go 1.26 or newer, or Pulumi {VERSION} or newer, and run the command again"
    )
