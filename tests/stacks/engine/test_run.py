"""Each test runs the real engine on a small project."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pulumi.automation.events import EngineEvent

from optimizers.errors import Busy, DeployError
from stacks.engine import run
from stacks.engine.locate import Engine, Origin
from stacks.engine.run_result import PolicyReport
from stacks.engine.single_run import single_run
from stacks.project import Project
from tests.stacks.engine.toy_project import PROGRAM, Toy, make_toy
from tests.support.patience import wait_until

pytestmark = pytest.mark.integration

WAITING = "import time\nfrom pathlib import Path\nPath('{folder}/started').touch()\ntime.sleep(300)\n"
# The program is done at once, its resource is not.
CREATING = PROGRAM.replace(
    "def create(self, props):",
    "def create(self, props):\n        import time\n        Path('{folder}/started').touch()\n        time.sleep(300)",
)
# What serves an engine looks each second whether it is still there.
GONE_S = 60
FOR_A_FILE = """
while not Path('{folder}/go').exists():
    time.sleep(0.05)
"""
# Runs the stack as a command does, in a process that can be killed.
UP = """
import sys
from pathlib import Path
from stacks.engine.locate import locate_engine
from stacks.engine.run import StackRun
from stacks.engine.single_run import single_run
from stacks.project import Project

project = Project(Path(sys.argv[1]))
with single_run(project, "local", print):
    StackRun(project, "local", locate_engine(print)).up()
"""


def start_waiting_up(toy: Toy, program: str = WAITING) -> subprocess.Popen[bytes]:
    """Start a plain `pulumi up` whose program waits, and return when it does."""
    toy.program(program.replace("{folder}", str(toy.root)))
    toy.run()
    process = subprocess.Popen(
        [str(toy.engine.path), "up", "--yes", "--skip-preview"], cwd=toy.root, env=toy.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until((toy.root / "started").exists)
    return process


def test_a_stack_lives_from_preview_to_destroy(toy: Toy) -> None:
    events: list[EngineEvent] = []
    engine = toy.run(events)

    previewed = engine.preview()
    assert (previewed.changes, previewed.changed) == ({"create": 1}, {"number": "create"})
    assert toy.number == "nothing"
    assert engine.outputs() == {}

    done = engine.up()
    assert (done.changes, done.changed) == ({"create": 1}, {"number": "create"})
    assert done.outputs == {"value": 1, "twice": 2} == engine.outputs()
    assert toy.number == "1"
    assert any(event.resource_pre_event for event in events)

    again = engine.up()
    assert (again.changes, again.changed) == ({"same": 1}, {})
    assert again.outputs == done.outputs

    (toy.root / "number.txt").write_text("7")
    assert engine.refresh().changed == {"number": "update"}
    assert engine.preview().changed == {"number": "update"}

    toy.config(value=3)
    changed = engine.up()
    assert (changed.changes, changed.outputs) == ({"update": 1}, {"value": 3, "twice": 6})
    assert toy.number == "3"
    assert engine.refresh().changed == {}

    assert engine.destroy().changed == {"number": "delete"}
    assert toy.number == "nothing"
    assert engine.outputs() == {}
    assert engine.destroy().changes == {}


def test_a_replaced_resource_counts_once(toy: Toy) -> None:
    engine = toy.run()
    engine.up()
    toy.program(PROGRAM.replace("number.txt", "other.txt"))

    result = engine.up()

    assert (result.changes, result.changed) == ({"replace": 1}, {"number": "replace"})
    assert (toy.root / "other.txt").read_text() == "1"
    assert toy.number == "nothing"


def test_a_policy_that_refuses_is_a_result_and_not_an_error(toy: Toy) -> None:
    toy.config(value=101)

    result = toy.run().preview()

    assert result.refused == ("value-budget: number: value 101 is over 100",)
    assert result.policies == [PolicyReport("value-budget", mandatory=True, message="number: value 101 is over 100")]


def test_a_policy_that_accepts_says_nothing(toy: Toy) -> None:
    toy.config(value=100)

    result = toy.run().preview()

    assert (result.refused, result.policies) == ((), [])


def test_a_resource_that_fails_gives_its_reason_alone(toy: Toy) -> None:
    toy.program(
        PROGRAM.replace("def create(self, props):", "def create(self, props):\n        raise OSError('no room')")
    )

    with pytest.raises(DeployError) as caught:
        toy.run().up()

    lines = str(caught.value).splitlines()
    assert lines[-1] == "OSError: no room"
    assert "update failed" not in lines


def test_an_error_of_ours_in_a_resource_is_shown_as_its_sentence(toy: Toy) -> None:
    toy.program(
        PROGRAM.replace(
            "def create(self, props):",
            "def create(self, props):\n"
            "        import sys\n"
            "        from components.embedded.readiness import HealthCheckFailed\n"
            "        sys.tracebacklimit = 0\n"
            "        raise HealthCheckFailed('the server ended; look here')",
        )
    )

    with pytest.raises(DeployError) as caught:
        toy.run().up()

    assert str(caught.value) == "the server ended; look here"


def test_the_engine_s_own_refusal_is_shown_without_its_frame(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert toy.pulumi("stack", "init", "local").returncode == 0
    assert toy.pulumi("config", "set", "--secret", "token", "x").returncode == 0
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")

    with pytest.raises(DeployError) as caught:
        toy.run().preview()

    assert str(caught.value).endswith(
        "incorrect passphrase; set PULUMI_CONFIG_PASSPHRASE to the one that this stack was made with"
    )
    assert "stderr" not in str(caught.value)


def test_an_engine_that_hangs_is_ended_with_all_that_it_started(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.program(WAITING.format(folder=toy.root))
    engine, started = toy.run(), toy.root / "started"
    # On a busy machine the first of these end it before it starts the program.
    for timeout_s in (4, 20, 100):
        monkeypatch.setattr(run, "TIMEOUT_S", timeout_s)
        if not started.exists():
            with pytest.raises(DeployError, match=f"the engine was ended after {timeout_s} s"):
                engine.preview()

    assert started.exists()
    _, left = psutil.wait_procs(started_in(toy.root), timeout=GONE_S)
    assert left == []


def test_an_update_that_runs_elsewhere_is_busy_and_a_killed_one_is_cleared(toy: Toy, said: list[str]) -> None:
    process = start_waiting_up(toy)
    project = Project(toy.root)

    with (
        pytest.raises(Busy, match=f"process {process.pid} is updating stack `local`"),
        single_run(project, "local", said.append),
    ):
        pytest.fail("the update was not seen")
    with pytest.raises(Busy, match="another update holds this stack"):
        toy.run().up()

    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    toy.program(PROGRAM)
    with single_run(project, "local", said.append):
        assert toy.run().up().changes == {"create": 1}
    assert said == [f"engine: removed the lock that process {process.pid} left when it was killed"]


@pytest.mark.parametrize(
    ("program", "outliving"), [(WAITING, "stacks.engine.language_host"), (CREATING, "stacks.engine.dynamic_provider")]
)
def test_nothing_outlives_an_engine_that_was_killed(toy: Toy, program: str, outliving: str) -> None:
    process = start_waiting_up(toy, program)
    hosts = psutil.Process(process.pid).children(recursive=True)
    assert any(outliving in host.cmdline() for host in hosts)

    process.kill()
    process.wait()

    _, left = psutil.wait_procs(hosts, timeout=GONE_S)
    assert left == []


def test_an_engine_unpacked_into_any_folder_is_run(toy: Toy, tmp_path: Path) -> None:
    """The official archive unpacks to `pulumi/pulumi`, without a `bin` folder."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for path in toy.engine.path.parent.glob("pulumi*"):
        (folder / path.name).hardlink_to(path) if path.stat().st_dev == folder.stat().st_dev else folder.joinpath(
            path.name
        ).write_bytes(path.read_bytes())
        (folder / path.name).chmod(0o755)

    moved = make_toy(tmp_path / "second", Engine(folder / "pulumi", toy.engine.version, Origin.PATH, "using it"))

    assert moved.run().preview().changes == {"create": 1}


def test_a_project_may_lie_in_a_folder_with_blanks_and_letters_of_any_language(toy: Toy, tmp_path: Path) -> None:
    awkward = make_toy(tmp_path / "ein Größerer #1 100% [x]", toy.engine)

    assert awkward.run().up().outputs == {"value": 1, "twice": 2}
    assert awkward.number == "1"


def test_secrets_of_the_configuration_reach_the_program_and_stay_out_of_the_state(toy: Toy) -> None:
    toy.program(
        "import pulumi\n"
        "secret = pulumi.Config().require_secret('token')\n"
        "pulumi.export('length', secret.apply(len))\n"
        "pulumi.export('token', secret)\n"
    )
    assert toy.pulumi("stack", "init", "local").returncode == 0
    assert toy.pulumi("config", "set", "--secret", "token", "tiger-in-the-tank").returncode == 0

    assert toy.run().up().outputs["token"] == "tiger-in-the-tank"

    written = [path for path in (toy.root / ".model-serving").rglob("*") if path.is_file()]
    assert any(json.loads(path.read_text()) for path in written if path.name == "local.json")
    assert not [path for path in written if b"tiger-in-the-tank" in path.read_bytes()]


def started_in(root: Path) -> list[psutil.Process]:
    """Every live process whose working folder is the project."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.cwd() == str(root):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_the_state_has_no_file_that_is_not_replaced_at_once(toy: Toy) -> None:
    """The engine's files of attributes are written in place: killed in between, they stop every later run."""
    toy.run().up()

    state = toy.root / ".model-serving/state"
    assert list(state.rglob("local.json"))
    assert not list(state.rglob("*.attrs"))


def test_the_engine_of_a_killed_command_is_waited_for(toy: Toy, said: list[str]) -> None:
    """The engine goes on when the command that started it is killed; the next command must not work beside it."""
    toy.program(WAITING.format(folder=toy.root).replace("time.sleep(300)", FOR_A_FILE.format(folder=toy.root)))
    command = subprocess.Popen([sys.executable, "-c", UP, str(toy.root)], stdout=subprocess.DEVNULL)
    wait_until((toy.root / "started").exists)
    command.kill()
    command.wait()
    toy.program(PROGRAM)

    def say(text: str) -> None:
        said.append(text)
        (toy.root / "go").touch()

    with single_run(Project(toy.root), "local", say):
        assert toy.run().up().changes == {"create": 1}

    assert "of a killed command is still updating stack `local`; waiting for it" in said[0]
