"""Signatures in the form of OpenSSF Model Signing."""

import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from model_signing import hashing, signing

from components.packages.kinds import package_kind
from components.packages.served import ServedArtifact
from components.packages.signing import key_signer, key_verifier, sigstore_signer, sigstore_verifier
from components.packages.sums import SIGNATURE_NAME, SUMS_NAME, folder_sums, write_sums
from components.packages.verify import verify_package
from components.packages.write import write_package
from optimizers.errors import ArtifactError, DigestMismatch, InvalidArgs, MissingExtra, ServingError
from tests.support.packaged import served_small

PASSWORD = "correct horse"


def write_keys(folder: Path, name: str, curve: ec.EllipticCurve | None = None, password: str = "") -> tuple[Path, Path]:
    """Write a pair of keys made now; return the private and the public one."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def nobody() -> str | None:
    return None


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(tmp_path, "ours")


@pytest.fixture
def served(tmp_path: Path) -> ServedArtifact:
    return served_small(tmp_path)


@pytest.fixture
def signed(served: ServedArtifact, keys: tuple[Path, Path], tmp_path: Path) -> Path:
    sign = key_signer(keys[0], None, nobody)
    return write_package(package_kind("triton"), served, tmp_path / "signed", sign).folder


def test_a_package_is_verified_by_the_public_key_wherever_it_is_moved(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    moved = signed.rename(tmp_path / "moved")

    verified = verify_package(moved, key_verifier(keys[1]))

    assert verified.signer_checked
    assert verified.files == 4
    assert json.loads((moved / SIGNATURE_NAME).read_text())["mediaType"].startswith(
        "application/vnd.dev.sigstore.bundle"
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_each_curve_of_the_standard_signs(curve: ec.EllipticCurve, served: ServedArtifact, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "curve", curve)
    made = write_package(package_kind("triton"), served, tmp_path / "out", key_signer(private, None, nobody))

    assert verify_package(made.folder, key_verifier(public)).signer_checked


def test_a_changed_file_is_named_even_if_its_list_was_written_anew(signed: Path, keys: tuple[Path, Path]) -> None:
    (signed / "small/1/model.onnx").write_bytes(b"other weights")
    write_sums(signed, folder_sums(signed))
    assert verify_package(signed).files == 4

    with pytest.raises(DigestMismatch, match=r"Hash mismatch for 'SHA256SUMS'"):
        verify_package(signed, key_verifier(keys[1]))


@pytest.mark.parametrize("name", ["small/1/extra.onnx", ".gitignore"])
def test_an_added_file_is_named_even_if_its_list_was_written_anew(
    signed: Path, keys: tuple[Path, Path], name: str
) -> None:
    (signed / name).write_text("added")
    with pytest.raises(DigestMismatch, match=f"{name}: was added"):
        verify_package(signed, key_verifier(keys[1]))
    write_sums(signed, folder_sums(signed))

    with pytest.raises(DigestMismatch, match=f"Extra files found.*{name}"):
        verify_package(signed, key_verifier(keys[1]))


def test_a_signature_that_left_files_out_is_refused(
    served: ServedArtifact, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = write_package(package_kind("triton"), served, tmp_path / "out").folder
    part = hashing.Config().set_ignored_paths(paths=[SIGNATURE_NAME, "small/1", SUMS_NAME], ignore_git_paths=False)
    config = signing.Config().use_elliptic_key_signer(private_key=keys[0]).set_hashing_config(part)
    config.sign(folder, folder / SIGNATURE_NAME)

    with pytest.raises(DigestMismatch, match=r"Extra files found.*small/1/model.onnx"):
        verify_package(folder, key_verifier(keys[1]))


def test_a_relative_folder_is_signed_and_verified(
    served: ServedArtifact, keys: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(package_kind("triton"), served, tmp_path / "out")
    monkeypatch.chdir(tmp_path)

    key_signer(keys[0], None, nobody)(Path("out"))

    assert verify_package(Path("out"), key_verifier(keys[1])).signer_checked
    monkeypatch.chdir(tmp_path / "out")
    assert verify_package(Path(), key_verifier(keys[1])).signer_checked


def test_another_ones_signature_is_refused(signed: Path, tmp_path: Path) -> None:
    _, other = write_keys(tmp_path, "other")

    with pytest.raises(DigestMismatch, match="no signature of this package by that signer"):
        verify_package(signed, key_verifier(other))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"mediaType": 3}'])
def test_a_damaged_signature_is_refused(signed: Path, keys: tuple[Path, Path], content: str) -> None:
    (signed / SIGNATURE_NAME).write_text(content)

    with pytest.raises(DigestMismatch, match="no signature of this package"):
        verify_package(signed, key_verifier(keys[1]))


def test_an_unsigned_package_is_told_from_a_signed_one(
    served: ServedArtifact, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    made = write_package(package_kind("triton"), served, tmp_path / "unsigned")

    assert not verify_package(made.folder).signed
    with pytest.raises(ArtifactError, match="is not signed; sign it with `serving package --sign-key FILE`"):
        verify_package(made.folder, key_verifier(keys[1]))


def test_a_package_that_is_there_can_be_signed_later(
    served: ServedArtifact, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    write_package(package_kind("triton"), served, tmp_path / "out")

    again = write_package(package_kind("triton"), served, tmp_path / "out", key_signer(keys[0], None, nobody))

    assert again.unchanged
    assert verify_package(again.folder, key_verifier(keys[1])).signer_checked
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["out", "store"]


def test_the_password_is_known_or_asked_for(served: ServedArtifact, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "locked", password=PASSWORD)

    for name, sign in (
        ("known", key_signer(private, PASSWORD, nobody)),
        ("asked", key_signer(private, None, lambda: PASSWORD)),
    ):
        made = write_package(package_kind("triton"), served, tmp_path / name, sign)
        assert verify_package(made.folder, key_verifier(public)).signer_checked


def test_an_encrypted_key_without_its_password_says_where_it_goes(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path, "locked", password=PASSWORD)

    with pytest.raises(InvalidArgs, match="it is encrypted; set MODEL_SERVING_SIGN_PASSWORD"):
        key_signer(private, None, nobody)


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path, "locked", password=PASSWORD)

    with pytest.raises(InvalidArgs, match="--sign-key"):
        key_signer(private, "wrong", nobody)


def test_a_password_that_the_key_does_not_need_is_left_out(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path, "open")

    assert callable(key_signer(private, PASSWORD, nobody))


def test_what_is_no_such_key_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no key")
    other = rsa.generate_private_key(65537, 2048)
    (tmp_path / "rsa.pem").write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    write_keys(tmp_path, "koblitz", ec.SECP256K1())

    for name in ("text.pem", "rsa.pem", "koblitz.pem", "missing.pem"):
        with pytest.raises(InvalidArgs, match="openssl ecparam"):
            key_signer(tmp_path / name, None, nobody)
    for name in ("text.pem", "missing.pub", "koblitz.pub"):
        with pytest.raises(InvalidArgs, match="openssl ec -in"):
            key_verifier(tmp_path / name)


def test_a_signature_by_a_key_is_nobodys_identity_and_without_network_that_is_said(
    signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with pytest.raises(ServingError, match=r"Sigstore's servers gave no answer|no signature of this package"):
        verify_package(signed, sigstore_verifier("someone@example.com", "https://accounts.example.com"))


def test_signing_with_an_identity_says_that_it_needs_the_network(
    served: ServedArtifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with pytest.raises(ServingError, match="sign with `--sign-key` where there is no network"):
        write_package(package_kind("triton"), served, tmp_path / "out", sigstore_signer(ambient=True))

    assert not (tmp_path / "out").exists()


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "model_signing", None)

    with pytest.raises(MissingExtra, match="uv sync --extra sign"):
        key_signer(tmp_path / "key.pem", None, nobody)
