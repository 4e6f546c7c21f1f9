"""Refuse a model folder that is more than its own files: links to elsewhere, pipes, names that no lock can hold."""

import os
import stat
from pathlib import Path

from optimizers.errors import UnsupportedModel


def check_folder(folder: Path) -> None:
    """
    Look at every entry below `folder` without opening or following any.

    A link to a file of the same folder is allowed: the digest counts what it points to.

    Raises:
        UnsupportedModel: A name is not UTF-8, a link leads outside, to a folder or nowhere, or an entry is neither a
            file nor a folder.
    """
    root = Path(os.path.realpath(folder))
    for parent, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            path = Path(parent, name)
            if name != printable(name):
                raise UnsupportedModel(f"{printable(path)}: the name is not UTF-8; rename it")
            _check_kind(path, root)


def printable(path: Path | str) -> str:
    """Return a path with the bytes that are not UTF-8 escaped, so that it can be printed and recorded."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _check_kind(path: Path, root: Path) -> None:
    remedy = "copy what it points to into its place"
    if path.is_symlink():
        # realpath, because resolve raises on a circle of links.
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise UnsupportedModel(f"{path}: is a symbolic link to outside the model's folder; {remedy}")
        if not path.exists():
            raise UnsupportedModel(f"{path}: is a symbolic link to nothing; {remedy}, or remove it")
        if path.is_dir():
            raise UnsupportedModel(f"{path}: is a symbolic link to a folder; {remedy}")
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UnsupportedModel(f"{path}: is neither a file nor a folder; remove it from the model's folder")
