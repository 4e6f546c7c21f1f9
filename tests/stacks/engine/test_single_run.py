import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from optimizers.errors import Busy
from stacks.engine.environment import own_state_folder
from stacks.engine.single_run import single_run
from stacks.project import Project

HOLD = """
import sys
from pathlib import Path
from stacks.engine.single_run import single_run
from stacks.project import Project

with single_run(Project(Path(sys.argv[1])), sys.argv[2], print):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(project: Path, stack: str = "local") -> Generator[subprocess.Popen[str]]:
    """Hold a stack in another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project), stack], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def ended_process_id() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def engine_lock(project: Path, stack: str = "local", **changes: Any) -> Path:
    """Write what the engine writes into a file backend while it updates a stack."""
    folder = own_state_folder(Project(project)) / ".pulumi/locks/organization/model-serving" / stack
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "3a1f9d4e-2f6a-4f0e-9d55-0f7d43b9c1aa.json"
    content = {
        "pid": ended_process_id(), "username": "somebody", "hostname": socket.gethostname(),
        "timestamp": "2026-11-23T12:00:00Z", **changes,
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def test_a_second_run_of_a_stack_is_refused_with_the_process_that_holds_it(tmp_path: Path, said: list[str]) -> None:
    with (
        held_elsewhere(tmp_path) as process,
        pytest.raises(Busy) as caught,
        single_run(Project(tmp_path), "local", said.append),
    ):
        pytest.fail("both hold the stack")

    assert str(caught.value) == (
        f"another command holds stack `local` (process {process.pid}); wait until it ends, then run this one again"
    )


def test_two_stacks_run_at_the_same_time(tmp_path: Path, said: list[str]) -> None:
    with held_elsewhere(tmp_path, "dev"), single_run(Project(tmp_path), "local", said.append):
        pass


@pytest.mark.parametrize("stack", ["optimize", "run", "artifacts"])
def test_a_stack_may_have_the_name_of_anything_else_in_the_folder(tmp_path: Path, said: list[str], stack: str) -> None:
    private = Project(tmp_path).private
    for name in ("run", "artifacts"):
        (private / name).mkdir(parents=True)

    with FileLock(private / "optimize.lock", timeout=0), single_run(Project(tmp_path), stack, said.append):
        pass


def test_a_killed_run_holds_nothing(tmp_path: Path, said: list[str]) -> None:
    with held_elsewhere(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()

        with single_run(Project(tmp_path), "local", said.append):
            pass


def test_a_run_that_fails_lets_go(tmp_path: Path, said: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), single_run(Project(tmp_path), "local", said.append):
        _ = 1 / 0

    with held_elsewhere(tmp_path):
        pass


def test_the_engine_s_lock_of_a_killed_process_is_removed_and_said(tmp_path: Path, said: list[str]) -> None:
    path = engine_lock(tmp_path)
    process_id = json.loads(path.read_text())["pid"]

    with single_run(Project(tmp_path), "local", said.append):
        assert not path.exists()

    assert said == [f"engine: removed the lock that process {process_id} left when it was killed"]


def test_the_engine_s_lock_of_a_live_process_is_respected(tmp_path: Path, said: list[str]) -> None:
    path = engine_lock(tmp_path, pid=os.getpid())

    with (
        pytest.raises(Busy, match=f"process {os.getpid()} is updating stack `local`; wait until it ends"),
        single_run(Project(tmp_path), "local", said.append),
    ):
        pytest.fail("the lock was not seen")

    assert path.exists()
    path.unlink()
    with held_elsewhere(tmp_path):
        pass


def test_a_lock_older_than_the_process_of_its_number_is_left_by_another_one(tmp_path: Path, said: list[str]) -> None:
    path = engine_lock(tmp_path, pid=os.getpid())
    before_this_machine_started = time.time() - 10 * 365 * 86400
    os.utime(path, (before_this_machine_started, before_this_machine_started))

    with single_run(Project(tmp_path), "local", said.append):
        assert not path.exists()


def test_a_zombie_holds_nothing(tmp_path: Path, said: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", "print('started')"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        path = engine_lock(tmp_path, pid=process.pid)

        with single_run(Project(tmp_path), "local", said.append):
            assert not path.exists()


@pytest.mark.parametrize(
    "changes", [{"hostname": "another-machine"}, {"pid": "none"}, {"pid": None}, {"hostname": None}], ids=str
)
def test_a_lock_that_this_machine_cannot_judge_is_left_to_the_engine(
    tmp_path: Path, said: list[str], changes: dict[str, Any]
) -> None:
    path = engine_lock(tmp_path, **changes)

    with single_run(Project(tmp_path), "local", said.append):
        assert path.exists()
    assert said == []


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"{", b"\xff\xfe"])
def test_an_unreadable_lock_is_left_to_the_engine(tmp_path: Path, said: list[str], content: bytes) -> None:
    path = engine_lock(tmp_path)
    path.write_bytes(content)

    with single_run(Project(tmp_path), "local", said.append):
        assert path.exists()


@pytest.mark.parametrize("stack", ["local2", "my-local", "dev"])
def test_the_lock_of_another_stack_is_left_alone(tmp_path: Path, said: list[str], stack: str) -> None:
    path = engine_lock(tmp_path, stack)

    with single_run(Project(tmp_path), "local", said.append):
        assert path.exists()
