"""A worker that the kernel killed for want of memory is reported by the next one."""

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.embedded import deployment
from components.embedded.server.memory_watch import FOLDER, killed_predecessors, out_of_memory_kills
from optimizers.store import ArtifactStore
from tests.support.patience import PATIENCE_S, wait_until
from tests.support.served_artifact import server_inputs, small_artifact
from tests.support.small_model import WIDTH

MEMORY_CGROUPS = Path("/sys/fs/cgroup/memory")
LIMIT_BYTES = 30 * 2**20


def ended_worker(run_folder: Path, ending: str, kills: int) -> int:
    """Run a process that notes itself as a worker does, and ends."""
    program = (
        "import os, sys; from pathlib import Path; "
        "from components.embedded.server.memory_watch import killed_predecessors; "
        f"killed_predecessors(Path(sys.argv[1]), {kills}); print(os.getpid(), flush=True); {ending}"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, str(run_folder)], check=False, capture_output=True, text=True
    )
    return int(finished.stdout)


def test_a_worker_that_was_killed_while_the_counter_rose_is_found_once(tmp_path: Path) -> None:
    process_id = ended_worker(tmp_path, "os.kill(os.getpid(), 9)", kills=3)

    assert killed_predecessors(tmp_path, 4) == [process_id]
    assert killed_predecessors(tmp_path, 4) == []


@pytest.mark.parametrize(
    ("ending", "kills_now"),
    [("os.kill(os.getpid(), 9)", 3), ("sys.exit(0)", 4), ("raise SystemExit(1)", 4)],
    ids=["killed by a person", "ended in good order", "failed by itself"],
)
def test_a_worker_that_ended_otherwise_is_not(tmp_path: Path, ending: str, kills_now: int) -> None:
    ended_worker(tmp_path, ending, kills=3)

    assert killed_predecessors(tmp_path, kills_now) == []


def test_a_living_worker_is_left_alone(tmp_path: Path) -> None:
    living = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    note = tmp_path / FOLDER / str(living.pid)
    note.parent.mkdir()
    note.write_text("0")
    try:
        assert killed_predecessors(tmp_path, 1) == []
        assert note.exists()
    finally:
        living.kill()
        living.wait()


def test_a_kernel_that_counts_nothing_reports_nothing(tmp_path: Path) -> None:
    counters = tmp_path / "vmstat"
    assert out_of_memory_kills(counters) == 0
    counters.write_text("nr_free_pages 1\n")
    assert out_of_memory_kills(counters) == 0
    counters.write_text("nr_free_pages 1\noom_kill 12\n")
    assert out_of_memory_kills(counters) == 12


@pytest.fixture
def small_memory() -> Generator[Path]:
    """A control group of this test that may use 30 MiB."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line.split(":", 2)[2] for line in lines if ":memory:" in line), None)
    folder = MEMORY_CGROUPS / f"{own}".lstrip("/") / "model-serving-test"
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(LIMIT_BYTES))
    except OSError as error:
        pytest.skip(f"needs root and memory control groups of version 1 ({error})")
    yield folder
    folder.rmdir()


# Not marked `integration`, which no machine of CI may skip: not every kernel lets a test limit memory.
def test_a_worker_killed_by_the_kernel_is_logged_as_fatal_and_serves_again(
    store: ArtifactStore, run_folder: Path, small_memory: Path
) -> None:
    inputs = server_inputs(store, small_artifact(store), run_folder, max_rows=40_000)
    deployment.deploy(inputs)
    (worker,) = (run_folder / FOLDER).iterdir()
    (small_memory / "cgroup.procs").write_text(worker.name)

    with pytest.raises(httpx.HTTPError):
        httpx.post(f"{inputs.config.url}/predict", json={"inputs": [[1.0] * WIDTH] * 40_000}, timeout=PATIENCE_S)

    def fatal() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in Path(inputs.config.log_file).read_text().splitlines()]
        return [line for line in lines if line["event"] == "oom_killed"]

    assert [(line["level"], line["process_id"]) for line in wait_until(fatal)] == [("FATAL", int(worker.name))]
    wait_until(lambda: deployment.is_running(inputs))
