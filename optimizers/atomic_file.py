"""Write a file whole or not at all."""

import os
import tempfile
from pathlib import Path

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
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
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
