"""`serving verify`."""

from pathlib import Path

from components.packages.signing import Verify, key_verifier, sigstore_verifier
from components.packages.verify import verify_package
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.console import print_json, say


def run(folder: Path, *, as_json: bool, public_key: Path | None, identity: str, issuer: str) -> None:
    """Check the package, and say what was checked."""
    verified = verify_package(folder, _verifier(public_key, identity, issuer))
    if as_json:
        print_json({"files": verified.files, "signed": verified.signed, "signer_checked": verified.signer_checked})
        return
    say(f"verify: {verified.files} files are as they were packaged")
    if verified.signer_checked:
        say("verify: the signature is that signer's, over all of them")
    elif verified.signed:
        say("verify: it is signed; give `--public-key FILE` to check by whom")
    else:
        say("verify: it is not signed, so whoever could change the files could change their list too")


def _verifier(public_key: Path | None, identity: str, issuer: str) -> Verify | None:
    if bool(identity) != bool(issuer):
        option, other = ("--issuer", "--identity") if identity else ("--identity", "--issuer")
        issue = Issue(option, "nothing", f"an identity is vouched for by an issuer, and {other} is given", "give both")
        raise InvalidArgs("the command line", (issue,))
    if public_key is not None and identity:
        issue = Issue("--identity", "both", "a package is signed with a key or with an identity", "leave one out")
        raise InvalidArgs("the command line", (issue,))
    if public_key is not None:
        return key_verifier(public_key)
    return sigstore_verifier(identity, issuer) if identity else None
