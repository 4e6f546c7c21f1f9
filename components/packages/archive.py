"""Zip archives that are the same bytes whenever and wherever they are written."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

# The earliest time that the format can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
PLAIN_FILE = 0o100644 << 16


def write_zip(path: Path, files: Mapping[str, Path]) -> None:
    """
    Write `name in the archive -> file` sorted by name, without times, owners and modes.

    Nothing is compressed: weights hardly shrink, and the bytes of a compressed file depend on the zlib that wrote it.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.create_system, entry.external_attr = UNIX, PLAIN_FILE
            entry.file_size = files[name].stat().st_size
            with files[name].open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
