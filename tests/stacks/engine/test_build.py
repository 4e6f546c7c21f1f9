import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from optimizers.errors import DeployError
from stacks.engine import build
from stacks.engine.build import ensure_built
from stacks.engine.cache import SOURCE, VERSION, built_engine_folder
from tests.stacks.engine.conftest import Go
from tests.support.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.usefixtures("cache")

BUILD_ALONE = "from stacks.engine.build import ensure_built; print(ensure_built(lambda text: None))"


def start_build() -> subprocess.Popen[str]:
    """Build in a process of its own, with the PATH and the cache of this one."""
    return subprocess.Popen(
        [sys.executable, "-c", BUILD_ALONE], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def builds(calls: Path) -> int:
    return sum(line.startswith("build ") for line in calls.read_text().splitlines()) if calls.exists() else 0


def test_an_engine_is_built_once_with_its_version_and_its_launchers(go: Go, said: list[str]) -> None:
    calls = go()

    binary = ensure_built(said.append)
    again = ensure_built(said.append)

    assert binary == again == built_engine_folder() / "bin/pulumi"
    assert binary.read_text() == "engine\n"
    assert builds(calls) == 1
    text = calls.read_text()
    assert f"version.Version=v{VERSION}" in text
    assert "-mod=readonly" in text
    assert f"cgo=0 folder={SOURCE}" in text
    assert {path.name for path in binary.parent.iterdir()} == {
        "build.lock", "pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python",
    }  # fmt: skip
    assert said[-1].startswith("engine: built in ")


def test_a_long_build_says_that_it_goes_on(go: Go, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SAY_EVERY_S", 0.05)
    heard = programs / "heard"
    go(while_building=f'n=0; while [ ! -e "{heard}" ] && [ $((n += 1)) -lt 3000 ]; do /bin/sleep 0.01; done')

    def hear(line: str) -> None:
        if line.startswith("engine: still building, "):
            heard.touch()

    ensure_built(hear)

    assert heard.exists()


@pytest.mark.usefixtures("programs")
def test_no_go_is_one_sentence(said: list[str]) -> None:
    with pytest.raises(DeployError, match=r"no `go` on PATH to build one; install Go 1\.26 or newer, or Pulumi"):
        ensure_built(said.append)


@pytest.mark.parametrize("version", ["1.24.9", "1.9", "0.0", "devel"])
def test_an_old_go_is_one_sentence(go: Go, said: list[str], version: str) -> None:
    calls = go(version)

    with pytest.raises(DeployError, match="is too old to build the Pulumi engine") as caught:
        ensure_built(said.append)

    assert f"go version go{version}" in str(caught.value)
    assert builds(calls) == 0


@pytest.mark.parametrize("version", ["1.26", "1.26.1", "1.100rc1", "2.0"])
def test_a_new_go_is_used(go: Go, said: list[str], version: str) -> None:
    go(version)

    assert ensure_built(said.append).is_file()


def test_a_build_that_fails_shows_its_last_lines_and_leaves_nothing(go: Go, said: list[str]) -> None:
    go(while_building="for n in 1 2 3 4 5 6 7; do echo line $n; done; exit 3")

    with pytest.raises(DeployError) as caught:
        ensure_built(said.append)

    assert str(caught.value) == (
        "the engine cannot be built; `go build` ended with 3:\nline 3\nline 4\nline 5\nline 6\nline 7"
    )
    assert [path.name for path in (built_engine_folder() / "bin").iterdir()] == ["build.lock"]


def test_a_second_build_waits_for_the_first(go: Go, programs: Path) -> None:
    calls = go(while_building=f'echo > "{programs}/started"; /bin/sleep 1')

    first = start_build()
    wait_until((programs / "started").exists)
    second = start_build()
    answers = [process.communicate(timeout=PATIENCE_S)[0] for process in (first, second)]

    assert answers == [f"{built_engine_folder() / 'bin/pulumi'}\n"] * 2
    assert builds(calls) == 1


def test_a_killed_build_leaves_no_engine_and_the_next_one_cleans_up(go: Go, programs: Path, said: list[str]) -> None:
    # The compiler has written half of its output when it is killed.
    half = 'for word in "$@"; do [ "$last" = -o ] && echo half > "$word"; last=$word; done'
    go(while_building=f'{half}; echo > "{programs}/started"; /bin/sleep 60')
    process = start_build()
    wait_until((programs / "started").exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    folder = built_engine_folder() / "bin"
    assert not (folder / "pulumi").exists()
    assert list(folder.glob("building-*/pulumi"))

    go()
    assert ensure_built(said.append).read_text() == "engine\n"
    assert not list(folder.glob("building-*"))


@pytest.mark.usefixtures("no_network")
def test_make_engine_says_which_engine_is_used(go: Go, cache: Path) -> None:
    go()

    result = subprocess.run([sys.executable, "-m", "stacks.engine.build"], capture_output=True, text=True, check=False)

    assert result.returncode == 0
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(f"engine: using Pulumi {VERSION} built from Go modules")
    assert str(cache) in result.stderr


@pytest.mark.usefixtures("no_network", "programs")
def test_make_engine_that_cannot_ends_with_a_sentence_and_a_code() -> None:
    result = subprocess.run([sys.executable, "-m", "stacks.engine.build"], capture_output=True, text=True, check=False)

    assert result.returncode == 7
    assert result.stderr.splitlines()[-1].startswith("error: no Pulumi engine and no `go` on PATH")
    assert "Traceback" not in result.stderr
