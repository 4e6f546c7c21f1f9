"""Check a package that came from elsewhere: every file against its list, and the signature against whoever should have signed."""

from dataclasses import dataclass
from pathlib import Path

from components.packages.signing import Verify
from components.packages.sums import SIGNATURE_NAME, check_sums
from optimizers.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class Verified:
    """
    What was found in order.

    Attributes:
        files: How many files have the digest that the list says.
        signed: A signature lies beside them.
        signer_checked: It was compared with the key or the identity that was given.
    """

    files: int
    signed: bool
    signer_checked: bool


def verify_package(folder: Path, verify: Verify | None = None) -> Verified:
    """
    Return what was checked.

    The list of digests alone shows damage; only a signature shows that nobody wrote files and list anew.

    Raises:
        ArtifactError: The folder is no package, or is not signed and `verify` was given.
        DigestMismatch: A file was changed, added or removed, or the signature is another one's.
        UnsupportedModel: The folder holds a link or an empty folder.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder}: there is no such folder; give one that `serving package` wrote")
    files = check_sums(folder)
    if verify is not None:
        verify(folder)
    return Verified(len(files), (folder / SIGNATURE_NAME).is_file(), verify is not None)
