"""`serving logs --follow` goes on where the file does not."""

import json
import signal
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.support.checkout import Checkout
from tests.support.patience import PATIENCE_S


@pytest.fixture
def log(checkout: Checkout) -> Path:
    """The log of an endpoint that has one line."""
    path = checkout.root / ".model-serving/run/local/small/events.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"number": 1}\n')
    return path


@pytest.fixture
def follower(checkout: Checkout, log: Path) -> Generator[subprocess.Popen[str]]:
    """The command, after it has printed the first line."""
    assert log.is_file()
    process = checkout.start("logs", "--follow", PYTHONUNBUFFERED="1")
    assert number_of(process) == 1
    yield process
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=PATIENCE_S)[1], process.returncode) == ("", 0)


def number_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    number: int = json.loads(process.stdout.readline())["number"]
    return number


def append(path: Path, number: int) -> None:
    with path.open("a") as stream:
        stream.write(json.dumps({"number": number}) + "\n")


def rotate(path: Path) -> None:
    append(path, 2)
    path.rename(path.with_suffix(".jsonl.1"))
    append(path, 3)


def down_and_up(path: Path) -> None:
    append(path, 2)
    new = path.with_suffix(".new")
    append(new, 3)
    path.unlink()
    new.rename(path)


@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("change", [rotate, down_and_up])
def test_lines_of_a_replaced_log_are_all_printed(
    follower: subprocess.Popen[str], log: Path, change: Callable[[Path], None]
) -> None:
    change(log)
    append(log, 4)

    assert [number_of(follower) for _ in range(3)] == [2, 3, 4]


@pytest.mark.timeout(PATIENCE_S)
def test_a_log_that_begins_anew_is_read_from_its_start(follower: subprocess.Popen[str], log: Path) -> None:
    append(log, 2)
    assert number_of(follower) == 2

    log.write_text('{"number": 3}\n')

    assert number_of(follower) == 3


@pytest.mark.timeout(PATIENCE_S)
def test_a_log_that_is_gone_for_a_while_is_waited_for(follower: subprocess.Popen[str], log: Path) -> None:
    log.unlink()
    append(log, 2)

    assert number_of(follower) == 2
