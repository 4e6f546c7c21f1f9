"""The content-addressed store: a folder is added whole under its own digest, or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from optimizers import digest
from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Artifact, FileDigest, Manifest
from optimizers.errors import ArtifactError, DigestMismatch
from optimizers.reference import read_reference

BUILDING = "building"
# What the disk or the folder, not the build, is to blame for.
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


class ArtifactStore:
    """
    Built artifacts under `root/sha256/<digest>/`.

    Work in progress lies in `root/building/<pid>-…/` and is renamed into place when complete, so a killed build
    leaves nothing that a reader could take for an artifact.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, sha256: str) -> Path:
        """Return where the artifact of this digest lies, whether it is there or not."""
        return self.root / "sha256" / sha256

    def has(self, sha256: str) -> bool:
        """Return whether the folder is there; `verify` tells whether it is intact."""
        return self.folder(sha256).is_dir()

    @contextmanager
    def building(self) -> Generator[Path]:
        """
        Yield an empty folder to build in; it is removed at the end, and so are those of builds that were killed.

        Raises:
            ArtifactError: The disk is full or not writable.
        """
        parent = self.root / BUILDING
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(parent)
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{os.getpid()}-"))
        except OSError as error:
            raise _unwritable(self.root, error) from error
        try:
            yield folder
        except OSError as error:
            if error.errno not in DISK_ERRORS:
                raise
            raise _unwritable(self.root, error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def add(self, folder: Path) -> Artifact:
        """
        Move a complete folder with its `artifact.json` into the store and return what the lock records of it.

        Where the same artifact is there already, only its reference answers are replaced.
        """
        artifact = describe(folder)
        final = self.folder(artifact.sha256)
        if final.is_dir() and identity(final) == artifact.sha256:
            (folder / REFERENCE_NAME).replace(final / REFERENCE_NAME)
            return artifact
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)
        return artifact

    def verify(self, artifact: Artifact) -> Path:
        """
        Return the folder of `artifact` after comparing every file with its recorded digest.

        Raises:
            DigestMismatch: A file is missing, added or changed.
            ArtifactError: The artifact is not in the store, or without readable reference answers.
        """
        folder = self.folder(artifact.sha256)
        if not folder.is_dir():
            raise ArtifactError(
                f"artifact `{artifact.name}` ({artifact.sha256[:12]}) is not in {self.root}; run `serving optimize`"
            )
        read_reference(folder)
        expected = {file.path: file.sha256 for file in artifact.files}
        found = {file.path: file.sha256 for file in _files(folder)}
        if changed := sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path)):
            raise DigestMismatch(
                f"{folder / changed[0]}: sha256 {str(found.get(changed[0]))[:12]} differs from the lock's "
                f"{str(expected.get(changed[0]))[:12]}; run `serving optimize` to rebuild it"
            )
        return folder


def identity(folder: Path) -> str:
    """
    Return the sha256 of an artifact: over the sorted relative names and contents of its files.

    The reference answers do not count. They are what the original answered on the machine of the build, and differ in
    the last digits from one processor to the next.
    """
    return files_sha256(_files(folder))


def files_sha256(files: tuple[FileDigest, ...]) -> str:
    """Return the sha256 of an artifact of these files, sorted by name."""
    return digest.of_value([[file.path, file.sha256] for file in files])


def describe(folder: Path) -> Artifact:
    """Return what the lock records of a complete artifact folder."""
    manifest = Manifest.model_validate_json((folder / MANIFEST_NAME).read_text())
    files = _files(folder)
    return Artifact(
        name=manifest.name,
        sha256=identity(folder),
        runtime=manifest.runtime,
        precision=manifest.precision,
        size_bytes=sum(file.size_bytes for file in files),
        files=files,
        engine=manifest.engine,
    )


def _files(folder: Path) -> tuple[FileDigest, ...]:
    return tuple(
        FileDigest(
            path=path.relative_to(folder).as_posix(), sha256=digest.of_file(path), size_bytes=path.stat().st_size
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / REFERENCE_NAME
    )


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.iterdir():
        process_id = folder.name.partition("-")[0]
        if process_id.isdigit() and not psutil.pid_exists(int(process_id)):
            shutil.rmtree(folder, ignore_errors=True)


def _unwritable(root: Path, error: OSError) -> ArtifactError:
    return ArtifactError(
        f"{root}: cannot build ({error.strerror}); free space or fix the permissions and run `serving optimize` again"
    )


def is_intact(store: ArtifactStore, artifact: Artifact) -> bool:
    """Return whether the artifact is in the store with every file as recorded."""
    try:
        store.verify(artifact)
    except ArtifactError:
        return False
    return True
