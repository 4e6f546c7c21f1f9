"""Write a package whole or not at all."""

import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.packages.kinds import PACKAGES, ArtifactPackage, OriginalPackage, PackageKind
from components.packages.provenance import PROVENANCE_NAME, provenance
from components.packages.served import ServedArtifact, ServedOriginal
from components.packages.signing import Sign
from components.packages.sums import SUMS_NAME, check_sums, folder_sums, write_sums
from optimizers import digest
from optimizers.errors import ArtifactError, InvalidArgs, Issue, UnsupportedModel
from optimizers.store import DISK_ERRORS


@dataclass(frozen=True, slots=True)
class Package:
    """
    A package on disk.

    Attributes:
        files: Path to sha256 of every file, the list and the signature left out.
        remarks: What a person should know of it, one sentence each.
        unchanged: The folder held this package already.
    """

    folder: Path
    files: dict[str, str]
    size_bytes: int
    remarks: tuple[str, ...]
    unchanged: bool


def write_package(
    kind: PackageKind, served: ServedArtifact | ServedOriginal, out: Path, sign: Sign | None = None
) -> Package:
    """
    Write the package into `out`, a folder that is new, empty or holds this same package.

    The same artifact and settings give the same files; a signature is another one each time.

    Raises:
        InvalidArgs: `out` holds something else.
        UnsupportedModel: The platform cannot serve the model.
        MissingExtra: A library that writes the package is not installed.
        ArtifactError: The disk is full or not writable.
    """
    out = out.resolve()
    _refuse_other_use(out)
    with _staging(out) as staged:
        remarks = _write(kind, served, staged)
        files = folder_sums(staged)
        statement = staged / PROVENANCE_NAME
        statement.write_text(f"{json.dumps(provenance(served, kind.platform, files), indent=2)}\n")
        files = dict(sorted({**files, PROVENANCE_NAME: digest.of_file(statement)}.items()))
        write_sums(staged, files)
        unchanged = _holds_something(out)
        if unchanged:
            _refuse_other_package(out, files)
        if sign is not None:
            sign(out if unchanged else staged)
        if not unchanged:
            staged.replace(out)
    return Package(out, files, digest.size_bytes(out), remarks, unchanged)


def _write(kind: PackageKind, served: ServedArtifact | ServedOriginal, folder: Path) -> tuple[str, ...]:
    if isinstance(kind, ArtifactPackage) and isinstance(served, ServedArtifact):
        _refuse_runtime(kind, served)
        return kind.write(served, folder)
    if isinstance(kind, OriginalPackage) and isinstance(served, ServedOriginal):
        return kind.write(served, folder)
    raise TypeError(f"a package for {kind.platform} is not made from {type(served).__name__}")


def _refuse_runtime(kind: ArtifactPackage, served: ServedArtifact) -> None:
    runtime = served.manifest.runtime
    if runtime not in kind.runtimes:
        others = [
            f"`{other.platform}`"
            for other in PACKAGES
            if isinstance(other, ArtifactPackage) and runtime in other.runtimes
        ]
        remedy = f"package it for {' or '.join(others)}" if others else "no serving platform runs it"
        raise UnsupportedModel(
            f"`{served.manifest.name}` is for {runtime}, which {kind.platform} does not run; {remedy}"
        )


def _holds_something(out: Path) -> bool:
    return out.is_dir() and any(out.iterdir())


def _refuse_other_use(out: Path) -> None:
    """Refuse early what can be no package: building one may take a while."""
    if (out.exists() and not out.is_dir()) or (_holds_something(out) and not (out / SUMS_NAME).is_file()):
        raise _occupied(out, "something that is no package")


def _refuse_other_package(out: Path, files: dict[str, str]) -> None:
    try:
        same = check_sums(out) == files
    except ArtifactError as error:
        raise _occupied(out, f"a package that was changed ({error})") from None
    if not same:
        raise _occupied(out, "another package")


def _occupied(out: Path, holds: str) -> InvalidArgs:
    issue = Issue(
        "--out", f"`{out}`", f"it holds {holds}, which is never overwritten", "remove it or name a new folder"
    )
    return InvalidArgs("the command line", (issue,))


@contextmanager
def _staging(out: Path) -> Generator[Path]:
    """Yield an empty folder on the same disk; whatever happens, nothing else is left beside the package."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
            folder = Path(work, "package")
            folder.mkdir()
            yield folder
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise ArtifactError(
            f"{out}: cannot be written ({error.strerror}); free space or fix the permissions and run the command again"
        ) from error
