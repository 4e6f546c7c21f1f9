"""Write a file whole or not at all."""

import os
import tempfile
from pathlib import Path

import psutil

from optimizers.errors import ArtifactError


def write_atomically(path: Path, content: bytes) -> None:
    """
    Replace `path` by `content` so that a reader, a crash or a full disk never leaves half a file.

    Raises:
        ArtifactError: The disk is full or the folder cannot be written; the old file is untouched.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be written ({error.strerror}); free space or fix the permissions and run the command again"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    """Remove what writers of this file left that were killed before they were done."""
    for left in path.parent.glob(f".{path.name}.*-*"):
        process_id = left.name.removeprefix(f".{path.name}.").partition("-")[0]
        if process_id.isdigit() and not psutil.pid_exists(int(process_id)):
            left.unlink(missing_ok=True)
