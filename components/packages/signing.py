"""Sign a package, and check its signature, in the form of OpenSSF Model Signing: `model.sig` beside the files."""

import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.packages.sums import SIGNATURE_NAME
from optimizers.errors import (
    ArtifactError,
    DigestMismatch,
    InvalidArgs,
    Issue,
    MissingExtra,
    ServingError,
    short_reason,
)

PASSWORD_VARIABLE = "MODEL_SERVING_SIGN_PASSWORD"  # noqa: S105 - the name of a variable
KEY_RULE = "it is a private key on the curve P-256, P-384 or P-521, in PEM"
KEY_FIX = "make one with `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`"
PUBLIC_RULE = "it is the public key on the curve P-256, P-384 or P-521, in PEM"
PUBLIC_FIX = "write it with `openssl ec -in key.pem -pubout -out public.pem`"

Sign = Callable[[Path], None]
Verify = Callable[[Path], None]


def key_signer(key: Path, password: str | None, ask: Callable[[], str | None]) -> Sign:
    """
    Return what signs a folder with a private key, read now so that a wrong one is told before anything is built.

    Args:
        key: The key's file.
        password: Of an encrypted key, where it is known.
        ask: Asks a person for it; None where nobody can be asked.

    Raises:
        InvalidArgs: The file is no such key, or its password is missing or wrong.
        MissingExtra: model-signing is not installed.
    """
    signing, _ = _library()
    config = signing.Config()
    try:
        _use_key(config, key, password or None)
    except TypeError:
        # cryptography's error for a key and a password of which only one is there.
        _use_key_again(config, key, ask() if password is None else None)
    return lambda folder: _sign(config, folder)


def sigstore_signer(*, ambient: bool) -> Sign:
    """
    Return what signs a folder with an identity instead of a key, by Sigstore's public servers, which it must reach.

    Args:
        ambient: Use the identity of the workflow that runs (GitHub Actions and others) instead of a browser.

    Raises:
        MissingExtra: model-signing is not installed.
    """
    signing, _ = _library()

    def sign(folder: Path) -> None:
        with _over_the_network("sign with `--sign-key` where there is no network"):
            _sign(signing.Config().use_sigstore_signer(use_ambient_credentials=ambient), folder)

    return sign


def key_verifier(public_key: Path) -> Verify:
    """
    Return what checks that a folder was signed with the private key of this public one, and is as it was.

    Raises:
        InvalidArgs: The file is no such key.
        MissingExtra: model-signing is not installed.
    """
    _, verifying = _library()
    config = verifying.Config()
    try:
        config.use_elliptic_key_verifier(public_key=public_key)
    except (OSError, ValueError, AttributeError) as error:
        raise _wrong_key("--public-key", public_key, error, PUBLIC_RULE, PUBLIC_FIX) from None
    return lambda folder: _verify(config, folder)


def sigstore_verifier(identity: str, issuer: str) -> Verify:
    """
    Return what checks that this identity signed a folder, by the trust root that Sigstore publishes.

    Args:
        identity: An e-mail address, or the address of a workflow.
        issuer: The OpenID Connect issuer that vouched for it.

    Raises:
        MissingExtra: model-signing is not installed.
    """
    _, verifying = _library()

    def verify(folder: Path) -> None:
        with _over_the_network("verify with `--public-key` where there is no network"):
            config = verifying.Config().use_sigstore_verifier(identity=identity, oidc_issuer=issuer)
        _verify(config, folder)

    return verify


def _library() -> tuple[Any, Any]:
    try:
        from model_signing import signing, verifying
    except ImportError:
        raise MissingExtra("sign", "signing and verifying packages") from None
    return signing, verifying


def _hashing() -> Any:  # noqa: ANN401 - a class without types
    """
    Return what is signed: every file but the signature.

    By default the library would leave git's files out, and at a check also whatever the signature names as left out, so that
    files that nobody signed would pass.
    """
    from model_signing import hashing

    class EveryFile(hashing.Config):  # type: ignore[misc]
        def add_ignored_paths(self, **_of_the_signature: Any) -> None:  # noqa: ANN401 - as above
            pass

    # The path is relative to the folder that is signed.
    return EveryFile().set_ignored_paths(paths=[SIGNATURE_NAME], ignore_git_paths=False)


def _use_key(config: Any, key: Path, password: str | None) -> None:  # noqa: ANN401 - as above
    try:
        # The library says text and hands it to `cryptography`, which takes bytes.
        config.use_elliptic_key_signer(private_key=key, password=None if password is None else password.encode())
    except (OSError, ValueError, AttributeError) as error:
        raise _wrong_key("--sign-key", key, error, KEY_RULE, KEY_FIX) from None


def _use_key_again(config: Any, key: Path, password: str | None) -> None:  # noqa: ANN401 - as above
    """Use a key with the password that was asked for, or without the one that it does not need."""
    try:
        _use_key(config, key, password)
    except TypeError:
        issue = Issue("--sign-key", f"`{key}`", "it is encrypted", f"set {PASSWORD_VARIABLE} to its password")
        raise InvalidArgs("the command line", (issue,)) from None


def _wrong_key(option: str, key: Path, error: Exception, rule: str, fix: str) -> InvalidArgs:
    reason = error.strerror if isinstance(error, OSError) else short_reason(error)
    return InvalidArgs("the command line", (Issue(option, f"`{key}` ({reason})", rule, fix),))


def _sign(config: Any, folder: Path) -> None:  # noqa: ANN401 - as above
    # A signature that is there is replaced whole, or not at all.
    new = folder.parent / f".{folder.name}.{SIGNATURE_NAME}"
    try:
        config.set_hashing_config(_hashing()).sign(folder, new)
        new.replace(folder / SIGNATURE_NAME)
    finally:
        new.unlink(missing_ok=True)


def _verify(config: Any, folder: Path) -> None:  # noqa: ANN401 - as above
    signature = folder / SIGNATURE_NAME
    if not signature.is_file():
        raise ArtifactError(f"{folder}: is not signed; sign it with `serving package --sign-key FILE`")
    try:
        with warnings.catch_warnings():
            # The library leaves the signature's file open.
            warnings.simplefilter("ignore", ResourceWarning)
            config.set_hashing_config(_hashing()).verify(folder, signature)
    except Exception as error:  # whatever a damaged signature makes of the libraries below
        raise DigestMismatch(
            f"{signature}: is no signature of this package by that signer ({short_reason(error)}); "
            "get the package again from where it was signed"
        ) from error


@contextmanager
def _over_the_network(otherwise: str) -> Generator[None]:
    try:
        yield
    except ServingError:
        raise
    except Exception as error:  # Sigstore's clients raise those of four libraries
        raise ServingError(f"Sigstore's servers gave no answer ({short_reason(error)}); {otherwise}") from error
