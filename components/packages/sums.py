"""`SHA256SUMS`: the digest of every file of a package, in the form that `sha256sum -c` reads."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from optimizers import digest
from optimizers.errors import ArtifactError, DigestMismatch, UnsupportedModel

SUMS_NAME = "SHA256SUMS"
SIGNATURE_NAME = "model.sig"
# The list cannot hold its own digest, and a signature is over the list.
NOT_LISTED = frozenset({SUMS_NAME, SIGNATURE_NAME})
LINE = re.compile(r"([0-9a-f]{64})  ([^\0\n\r\\]+)")


def write_sums(folder: Path, sums: Mapping[str, str]) -> None:
    """Write the list of a folder, path to digest, whose files are as `folder_sums` found them."""
    text = "".join(f"{sha256}  {path}\n" for path, sha256 in sums.items())
    (folder / SUMS_NAME).write_text(text, encoding="utf-8")


def folder_sums(folder: Path) -> dict[str, str]:
    """
    Return path to digest of every file, sorted, the list and the signature left out.

    Raises:
        UnsupportedModel: The folder holds something other than files and folders with files, or a name that the list cannot hold.
    """
    sums = dict[str, str]()
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in _files(folder)):
        if name in NOT_LISTED:
            continue
        if LINE.fullmatch(f"{'0' * 64}  {name}") is None or not _is_utf8(name):
            raise UnsupportedModel(f"{os.fsencode(path)!r}: a package cannot hold a file of this name; rename it")
        sums[name] = digest.of_file(path)
    return sums


def check_sums(folder: Path) -> dict[str, str]:
    """
    Return the list of a package after comparing every file with it.

    Raises:
        ArtifactError: There is no readable list.
        DigestMismatch: A file is changed, missing or added; the first is named, and how many more there are.
        UnsupportedModel: The folder holds a link, an empty folder or another thing that is no file.
    """
    expected, found = _read(folder), folder_sums(folder)
    wrong = [path for path in sorted(expected.keys() | found.keys()) if expected.get(path) != found.get(path)]
    if wrong:
        first = wrong[0]
        what = "was added" if first not in expected else "is missing" if first not in found else "was changed"
        more = f", and {len(wrong) - 1} more differ" if len(wrong) > 1 else ""
        raise DigestMismatch(
            f"{folder / first}: {what} since the package was written{more}; package again with `serving package`"
        )
    return expected


def _read(folder: Path) -> dict[str, str]:
    path = folder / SUMS_NAME
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ArtifactError(f"{path}: not readable; give a folder that `serving package` wrote") from None
    sums = dict[str, str]()
    # Names may hold the other characters that `splitlines` splits at.
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], 1):
        match = LINE.fullmatch(line)
        if match is None or not _is_inside(match[2]) or match[2] in sums:
            raise ArtifactError(f"{path}: line {number} is no digest of a file; package again with `serving package`")
        sums[match[2]] = match[1]
    return sums


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        if not folders and not files and Path(parent) != folder:
            # No list names it, and a server may take it for something: Triton takes `NAME/2/` for the latest version.
            raise UnsupportedModel(f"{parent}: is an empty folder, which no package has; remove it")
        for name in (*folders, *files):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                yield path
            elif not stat.S_ISDIR(mode):
                raise UnsupportedModel(f"{path}: is a link or no file; a package holds files and folders; remove it")


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
