"""`SHA256SUMS`."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.packages.sums import LINE, SIGNATURE_NAME, SUMS_NAME, check_sums, folder_sums, write_sums
from optimizers.errors import ArtifactError, DigestMismatch, UnsupportedModel


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "1").mkdir(parents=True)
    (folder / "1/model.onnx").write_bytes(b"weights")
    (folder / "config.pbtxt").write_text("name")
    write_sums(folder, folder_sums(folder))
    return folder


def test_the_list_is_what_sha256sum_reads(package: Path) -> None:
    result = subprocess.run(["sha256sum", "-c", SUMS_NAME], cwd=package, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert result.stdout == "1/model.onnx: OK\nconfig.pbtxt: OK\n"


def test_what_is_as_it_was_passes_with_a_signature_beside_it(package: Path) -> None:
    (package / SIGNATURE_NAME).write_text("signature")

    assert list(check_sums(package)) == ["1/model.onnx", "config.pbtxt"]


def change(package: Path) -> None:
    (package / "1/model.onnx").write_bytes(b"Weights")


def add(package: Path) -> None:
    (package / "1/evil.py").write_text("")


def remove(package: Path) -> None:
    (package / "config.pbtxt").unlink()


@pytest.mark.parametrize(
    ("act", "named"),
    [(change, "1/model.onnx: was changed"), (add, "1/evil.py: was added"), (remove, "config.pbtxt: is missing")],
)
def test_the_file_that_differs_is_named(package: Path, act: object, named: str) -> None:
    assert callable(act)
    act(package)

    with pytest.raises(DigestMismatch, match=re.escape(named)):
        check_sums(package)


def test_more_than_one_difference_is_counted(package: Path) -> None:
    change(package)
    remove(package)

    with pytest.raises(DigestMismatch, match="and 1 more differ"):
        check_sums(package)


def test_a_link_is_refused_even_to_the_same_bytes(package: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"weights")
    (package / "1/model.onnx").unlink()
    (package / "1/model.onnx").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UnsupportedModel, match="is a link"):
        check_sums(package)


def test_a_name_with_a_line_break_is_never_listed(package: Path) -> None:
    (package / "a\nb").write_text("")

    with pytest.raises(UnsupportedModel, match=re.escape(r"a\nb")):
        folder_sums(package)


@pytest.mark.parametrize("name", ["a\u2028b", "a\x85b", "a\x0cb", "a\x1eb"])
def test_only_a_line_break_ends_a_line_of_the_list(package: Path, name: str) -> None:
    (package / name).write_text("")
    write_sums(package, folder_sums(package))

    assert name in check_sums(package)


def test_an_empty_folder_is_refused_since_no_list_names_it(package: Path) -> None:
    (package / "small/2").mkdir(parents=True)

    with pytest.raises(UnsupportedModel, match="small/2: is an empty folder, which no package has; remove it"):
        check_sums(package)


def test_a_name_that_is_not_utf_8_is_never_listed(package: Path) -> None:
    Path(os.fsdecode(os.fsencode(package) + b"/\xff")).write_text("")

    with pytest.raises(UnsupportedModel, match="of this name"):
        folder_sums(package)


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "1/../../outside"])
def test_a_list_that_leads_outside_is_refused(package: Path, name: str) -> None:
    (package / SUMS_NAME).write_text(f"{'0' * 64}  {name}\n")

    with pytest.raises(ArtifactError, match="line 1"):
        check_sums(package)


def test_a_folder_without_a_list_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="give a folder that `serving package` wrote"):
        check_sums(tmp_path)


@given(text=st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_list_or_one_error(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-text"
    folder.mkdir(exist_ok=True)
    (folder / SUMS_NAME).write_text(text, encoding="utf-8", errors="surrogatepass")

    try:
        listed = check_sums(folder)
    except ArtifactError:
        return
    assert listed == {}


@given(name=st.from_regex(r"[^\0\n\r\\/]{1,60}", fullmatch=True))
def test_a_line_keeps_its_name(name: str) -> None:
    match = LINE.fullmatch(f"{'a' * 64}  {name}")

    assert match is not None
    assert match[2] == name
