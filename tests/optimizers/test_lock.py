"""The lock is read back as it was written, in bytes that do not change without reason."""

from pathlib import Path

import pytest

from optimizers import lock
from optimizers.errors import ArtifactError
from optimizers.lock import LOCK_VERSION, Lock
from tests.support.locked_model import hardware, locked_model, measurement, report


def example() -> Lock:
    elsewhere = report(measurement(1, 2), on=hardware(cpu_cores=64))
    return Lock(models={"b": locked_model(report(measurement(5, 6)), elsewhere), "a": locked_model()})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "artifacts.lock.json"
    lock.write(path, example())

    assert lock.read(path) == example()


def test_the_same_lock_has_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    reordered = Lock(models=dict(reversed(example().models.items())))

    lock.write(first, example())
    lock.write(second, reordered)

    assert first.read_bytes() == second.read_bytes()


def test_another_model_leaves_the_rest_as_it_is() -> None:
    changed = example().with_model("a", locked_model(report(measurement(9, 9))))

    assert changed.models["b"] == example().models["b"]
    assert changed.models["a"] != example().models["a"]


def test_an_absent_lock_is_an_empty_one(tmp_path: Path) -> None:
    assert lock.read(tmp_path / "none") == Lock()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable lock"),
        (b"<<<<<<< HEAD\n", "not a readable lock"),
        (b"\xff\xfe", "not a readable lock"),
        (b"[]", "not a readable lock"),
        (b"[" * 100_000, "values nested too deeply to read"),
        (b'{"version": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "values nested too deeply to read"),
        (b'{"version": ' + b"9" * 5_000 + b"}", "a number of too many digits"),
        (b'{"models": {"a": {}}}', "not a readable lock"),
        (b'{"version": "2", "models": {}}', "not a readable lock"),
        (b'{"version": true, "models": {}}', "not a readable lock"),
        (b'{"version": 1.0, "models": {}}', "not a readable lock"),
        (b'{"unknown": {"a": 1}}', r"\(unknown: got a mapping; there is no such field\)"),
        (b'{"models": {}, "modles": "x"}', r"\(modles: got `\"x\"`; there is no such field\)"),
        (b'{"version": 0}', r"\(version: got `0`; input should be greater than or equal to 1\)"),
        (b'{"models": {"a": {}}}', r"\(models\.a\.request: got nothing; field required, and 6 more\)"),
        (f'{{"version": {LOCK_VERSION + 1}, "models": {{}}}}'.encode(), "written by a newer version"),
    ],
)
def test_a_file_that_is_no_lock_says_so_and_what_to_do(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "artifacts.lock.json"
    path.write_bytes(content)

    with pytest.raises(ArtifactError, match=said) as caught:
        lock.read(path)

    assert str(path) in str(caught.value)
    assert any(remedy in str(caught.value) for remedy in ("restore it with git", "upgrade model-serving"))
