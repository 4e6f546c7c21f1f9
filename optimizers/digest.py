"""sha256 digests of files, folders and plain values: the identity of everything that is built."""

import hashlib
import json
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 20


def of_file(path: Path) -> str:
    """Return the lowercase hex sha256 of a file's bytes, reading 1 MiB at a time."""
    sha256 = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            sha256.update(chunk)
    return sha256.hexdigest()


def of_folder(folder: Path) -> str:
    """
    Return one sha256 over the sorted relative names and contents of all files below `folder`.

    Timestamps, owners and modes do not count, so the same content has the same digest anywhere.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return of_value([[path.relative_to(folder).as_posix(), of_file(path)] for path in files])


def of_path(path: Path) -> str:
    """Return the digest of a file or a folder."""
    return of_folder(path) if path.is_dir() else of_file(path)


def of_value(value: Any) -> str:  # noqa: ANN401 - any value that JSON can hold
    """Return the sha256 of a JSON value in canonical form: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: Any) -> str:  # noqa: ANN401 - any value that JSON can hold
    """Return JSON with sorted keys and no spaces, so that equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def size_bytes(path: Path) -> int:
    """Return the size of a file, or of all files below a folder."""
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return sum(item.stat().st_size for item in files)
