"""Ctrl-C and `kill -9` in the middle of a command, and two commands at once: the same command again succeeds."""

import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from components.embedded.process import server_processes
from optimizers import lock
from tests.support.checkout import Checkout, Finished, finished, make_checkout
from tests.support.optimized_checkout import SPEC, make_optimized_checkout
from tests.support.patience import PATIENCE_S, wait_until
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration

INTERRUPTED, BUSY = 130, 8
PREVIEWS, DEPLOYS = "engine: would create small\n", "engine: create small-server\n"
LAST_WORDS = "interrupted: nothing is half-written, run the same command again"
# What serves an engine looks each second whether it is still there.
GONE_S = 60


@pytest.fixture
def optimized(tmp_path: Path) -> Generator[Checkout]:
    """A checkout that can be deployed; what a test leaves running is stopped."""
    checkout = make_optimized_checkout(tmp_path)
    yield checkout
    down = checkout.serving("down")
    left = processes(checkout)
    for process in left:
        process.kill()
    assert (down.code, left) == (0, []), down.err


def start_until(checkout: Checkout, marker: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a command and return at the moment when it prints `marker`."""
    process = checkout.start(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(marker):
            return process
    pytest.fail(f"{arguments} ended without `{marker}`")


def ctrl_c(process: subprocess.Popen[str]) -> Finished:
    """Interrupt a command with all that it started, as a terminal does."""
    os.killpg(process.pid, signal.SIGINT)
    result = finished(process)
    assert result.code == INTERRUPTED, result.err
    assert result.err.splitlines()[-1] == LAST_WORDS
    assert "Traceback" not in result.err
    assert "Warning" not in result.err
    if result.out:
        assert result.document["error"] == {
            "type": "Interrupted", "message": LAST_WORDS, "exit_code": INTERRUPTED, "issues": [],
        }  # fmt: skip
    return result


def processes(checkout: Checkout) -> list[psutil.Process]:
    """Every live process that works in the checkout: commands, engines, plugins and servers."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(checkout.root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def servers(checkout: Checkout) -> list[psutil.Process]:
    """The supervisors of the servers that run, without their workers."""
    found = server_processes(checkout.root / ".model-serving/run/local/small")
    ids = {process.pid for process in found}
    return [process for process in found if process.ppid() not in ids]


def engine_locks(checkout: Checkout) -> list[Path]:
    return list((checkout.root / ".model-serving/state/.pulumi/locks").rglob("*.json"))


def half_written(checkout: Checkout) -> list[Path]:
    """Temporary files and folders of an interrupted write."""
    building = checkout.root / ".model-serving/artifacts/building"
    return [*checkout.root.glob(".artifacts.lock.json.*"), *(building.iterdir() if building.exists() else ())]


def deployed(checkout: Checkout, result: Finished) -> dict[str, int]:
    """Check that `up --json` left one healthy server and nothing else; return what it changed."""
    assert result.code == 0, result.err
    document: dict[str, Any] = result.document
    assert document["deployment_config"]["endpoint_url"] == checkout.url
    assert {"optimization_report", "scaling_policy", "health_status"} <= document.keys()
    answer = httpx.post(f"{checkout.url}/predict", json={"inputs": [[0.5] * 64]}, timeout=PATIENCE_S)
    assert len(answer.json()[0]) == 64
    (supervisor,) = servers(checkout)
    family = {supervisor.pid, *(child.pid for child in supervisor.children(recursive=True))}
    wait_until(lambda: {item.pid for item in processes(checkout)} <= family, GONE_S)
    assert engine_locks(checkout) == []
    assert half_written(checkout) == []
    changes: dict[str, int] = document["changes"]
    return changes


def test_a_build_that_was_interrupted_and_killed_is_completed_by_two_commands_at_once(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")
    checkout = make_checkout(tmp_path, SPEC)
    locked = tmp_path / "artifacts.lock.json"

    ctrl_c(start_until(checkout, "optimize: build onnx-int8", "up", "--json"))
    assert not locked.exists()
    assert half_written(checkout) == []
    wait_until(lambda: not processes(checkout), GONE_S)

    killed = start_until(checkout, "optimize: measure", "up")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not locked.exists()

    # The second waits for the first and then finds everything done: both show one measurement.
    both = [finished(process) for process in [checkout.start("optimize", "--json") for _ in range(2)]]
    assert [result.code for result in both] == [0, 0], both[0].err + both[1].err
    (report,) = lock.read(locked).models["small"].reports.values()
    assert [result.document for result in both] == [report.model_dump(mode="json")] * 2
    assert sorted("optimize: measure\n" in result.err for result in both) == [False, True]
    assert sum("optimize: another one runs in this project" in result.err for result in both) == 1
    assert half_written(checkout) == []


def test_a_deployment_that_was_interrupted_and_killed_is_completed_by_the_same_command(optimized: Checkout) -> None:
    ctrl_c(start_until(optimized, PREVIEWS, "up", "--json"))
    assert servers(optimized) == []
    assert engine_locks(optimized) == []

    command = start_until(optimized, DEPLOYS, "up")
    command.kill()
    command.communicate()

    said = ctrl_c(start_until(optimized, DEPLOYS, "up", "--json"))
    assert "engine: completing the step that it is at; Ctrl-C again ends it at once" in said.err
    assert engine_locks(optimized) == []
    (supervisor,) = servers(optimized)

    # The step that Ctrl-C waited for is recorded, so what it made is not made again.
    first = start_until(optimized, "engine: ", "up", "--json")
    second = optimized.serving("up", "--json")
    assert second.code == BUSY, second.err
    assert second.document["error"]["message"] == (
        f"another command holds stack `local` (process {first.pid}); wait until it ends, then run this one again"
    )
    assert deployed(optimized, finished(first)) == {"same": 2}
    assert servers(optimized) == [supervisor]


def test_a_renamed_endpoint_takes_the_port_of_the_old_one(optimized: Checkout) -> None:
    assert optimized.serving("up").code == 0
    path = optimized.root / "artifacts.lock.json"
    locked = lock.read(path)
    lock.write(path, locked.with_model("renamed", locked.models["small"]))
    optimized.spec(name="renamed")

    result = optimized.serving("up", "--json")

    assert result.code == 0, result.err
    assert result.document["changes"] == {"create": 2, "delete": 2}
    answer = httpx.post(f"{optimized.url}/predict", json={"inputs": [[0.5] * 64]}, timeout=PATIENCE_S)
    assert len(answer.json()[0]) == 64
    assert [folder.name for folder in (optimized.root / ".model-serving/run/local").iterdir()] == ["renamed"]
    assert servers(optimized) == []
    assert optimized.serving("up", "--json").document["changes"] == {"same": 2}


def test_a_server_that_the_state_forgot_is_stopped_by_down(optimized: Checkout) -> None:
    assert optimized.serving("up").code == 0
    shutil.rmtree(optimized.root / ".model-serving/state")

    result = optimized.serving("down", "--json")

    assert result.code == 0, result.err
    assert result.document["forgotten"] == ["small"]
    assert servers(optimized) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{optimized.url}/readyz")


def test_damaged_reference_answers_are_built_again(optimized: Checkout) -> None:
    (reference,) = (optimized.root / ".model-serving/artifacts/sha256").glob("*/reference.json")
    reference.write_text("{}")

    result = optimized.serving("up", "--json")

    assert result.code == 0, result.err
    assert "optimize: measure" in result.err
