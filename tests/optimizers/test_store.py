"""An artifact is in the store whole and as recorded, or it is not there."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from optimizers.artifact import REFERENCE_NAME, Artifact
from optimizers.atomic_file import write_atomically
from optimizers.errors import ArtifactError, DigestMismatch
from optimizers.store import ArtifactStore
from tests.support.served_artifact import small_artifact


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def added(store: ArtifactStore) -> Artifact:
    return small_artifact(store)


def test_an_added_artifact_is_found_and_intact(store: ArtifactStore, added: Artifact) -> None:
    assert store.verify(added) == store.folder(added.sha256)
    assert not any((store.root / "building").iterdir())


@pytest.mark.parametrize("change", ["changed", "added", "removed"])
def test_a_file_that_is_not_as_recorded_is_named(store: ArtifactStore, added: Artifact, change: str) -> None:
    model = store.folder(added.sha256) / "model.onnx"
    if change == "changed":
        model.write_bytes(model.read_bytes() + b"\0")
    elif change == "added":
        (model.parent / "more").write_bytes(b"")
    else:
        model.unlink()

    with pytest.raises(DigestMismatch, match=r"(model\.onnx|more): sha256 .*run `serving optimize` to rebuild it"):
        store.verify(added)


def test_reference_answers_of_another_machine_do_not_change_the_identity(store: ArtifactStore, added: Artifact) -> None:
    reference = store.folder(added.sha256) / REFERENCE_NAME
    before = reference.read_text()

    again = small_artifact(store, shift=1e-7)

    assert again == added
    assert reference.read_text() != before
    assert store.verify(added)


def test_an_artifact_without_reference_answers_is_not_intact(store: ArtifactStore, added: Artifact) -> None:
    (store.folder(added.sha256) / REFERENCE_NAME).unlink()

    with pytest.raises(ArtifactError, match=r"not readable reference answers \(No such file or directory\)"):
        store.verify(added)


@pytest.mark.parametrize("content", ["{}", '{"inputs": [], "outputs": []}', '{"inputs": [1], "outputs": []}', "no"])
def test_an_artifact_with_damaged_reference_answers_is_not_intact(
    store: ArtifactStore, added: Artifact, content: str
) -> None:
    (store.folder(added.sha256) / REFERENCE_NAME).write_text(content)

    with pytest.raises(ArtifactError, match="not readable reference answers"):
        store.verify(added)


def test_what_a_killed_build_left_is_removed_by_the_next(store: ArtifactStore) -> None:
    program = (
        "import os, sys; from pathlib import Path; from optimizers.store import ArtifactStore\n"
        "with ArtifactStore(Path(sys.argv[1])).building() as folder:\n"
        "    (folder / 'half').write_text('x'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(store.root)], check=False)
    assert list((store.root / "building").glob("*/half"))

    with store.building() as folder:
        assert list((store.root / "building").iterdir()) == [folder]


def test_a_full_disk_is_blamed_on_the_disk_and_another_failure_is_not(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactError, match=r"cannot build \(No space left on device\); free space"), store.building():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(ConnectionError), store.building():
        raise ConnectionError("not the disk")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    program = (
        "import resource, sys; from pathlib import Path; from optimizers.atomic_file import write_atomically\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_atomically(Path(sys.argv[1]), b'x' * 100_000)"
    )

    failed = subprocess.run([sys.executable, "-c", program, str(path)], check=False, capture_output=True, text=True)

    assert "ArtifactError" in failed.stderr
    assert "cannot be written (File too large)" in failed.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".file.{ended.pid}-abc").write_bytes(b"half")
    (tmp_path / f".file.{os.getpid()}-abc").write_bytes(b"being written")

    write_atomically(path, b"new")

    assert sorted(item.name for item in tmp_path.iterdir()) == [f".file.{os.getpid()}-abc", "file"]
