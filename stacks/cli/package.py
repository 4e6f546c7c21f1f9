"""`serving package`."""

import getpass
import os
import sys
from pathlib import Path

from components.packages.kinds import install_command, package_kind, start_command
from components.packages.signing import PASSWORD_VARIABLE, Sign, key_signer, sigstore_signer
from components.packages.sums import SIGNATURE_NAME
from components.packages.write import Package, write_package
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.console import print_json, say
from stacks.cli.context import open_stack
from stacks.served_model import served_model

# Set by the workflows that Sigstore knows an identity of without a browser.
WORKFLOW_VARIABLE = "CI"


def signer(sign_key: Path | None, *, sigstore: bool) -> Sign | None:
    """Return what signs the package, or None; a wrong key is told before anything else is done."""
    if sign_key is not None and sigstore:
        issue = Issue("--sigstore", "both", "a package is signed with a key or with an identity", "leave one out")
        raise InvalidArgs("the command line", (issue,))
    if sign_key is not None:
        return key_signer(sign_key, os.environ.get(PASSWORD_VARIABLE), _ask_password)
    return sigstore_signer(ambient=bool(os.environ.get(WORKFLOW_VARIABLE))) if sigstore else None


def run(stack: str, platform: str, out: Path, sign: Sign | None, *, as_json: bool) -> None:
    """Write the package, and say what starts its server."""
    kind = package_kind(platform)
    context = open_stack(stack)
    served = served_model(kind, context.spec, context.project, stack, say)
    say(f"package: writing {out} for {kind.platform}")
    package = write_package(kind, served, out, sign)
    start, install = start_command(kind, package.folder), install_command(kind, package.folder)
    is_signed = (package.folder / SIGNATURE_NAME).is_file()
    if as_json:
        document = {"platform": kind.platform, "install": install, "start": start, "signed": is_signed}
        print_json({**_document(package), **document})
        return
    for remark in package.remarks:
        say(f"package: {remark}")
    what = "is this package already, nothing was written" if package.unchanged else "written"
    signed = ", signed" if is_signed else ""
    say(f"package: {out} {what} ({len(package.files)} files, {package.size_bytes / 1e6:.1f} MB{signed})")
    if install is not None:
        say(f"package: its libraries are installed with `{install}`")
    say(f"package: start it with `{start}`")


def _ask_password() -> str | None:
    return getpass.getpass("Password of the key: ", sys.stderr) if sys.stdin.isatty() else None


def _document(package: Package) -> dict[str, object]:
    return {
        "folder": str(package.folder),
        "size_bytes": package.size_bytes,
        "files": package.files,
        "remarks": list(package.remarks),
        "unchanged": package.unchanged,
    }
