"""A model folder holds its own files and nothing else."""

import os
from pathlib import Path

import pytest

from optimizers import digest
from optimizers.errors import UnsupportedModel
from optimizers.model_folder import check_folder
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.source_facts import facts_of
from optimizers.vocabulary import ModelFormat


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "model" / "1_Pooling").mkdir(parents=True)
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text("{}")
    return tmp_path / "model"


def refused(path: Path) -> str:
    """Return the sentence that both the digest and the load refuse this model with."""
    source = ModelSource(location="model", path=path, model_format=ModelFormat.PYTORCH)
    said = set[str]()
    for read in (facts_of, lambda item: load_original(item, 1)):
        with pytest.raises(UnsupportedModel) as caught:
            read(source)
        said.add(str(caught.value))
    (sentence,) = said
    assert ";" in sentence, "a refusal ends with what to do"
    sentence.encode()
    return sentence


@pytest.mark.parametrize("target", ["../secret.json", "/etc/hostname", "..", "/", "../model/../secret.json"])
@pytest.mark.parametrize("place", ["link", "1_Pooling/link"])
def test_a_link_to_outside_the_folder_is_refused(folder: Path, place: str, target: str) -> None:
    (folder / place).symlink_to(target if target.startswith("/") else folder / target)

    assert f"{folder / place}: is a symbolic link to outside the model's folder" in refused(folder)


def test_a_link_out_of_the_folder_over_a_second_link_is_refused(folder: Path) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("../secret.json")

    assert f"{folder / 'a'}: is a symbolic link to outside" in refused(folder)


@pytest.mark.parametrize(
    ("target", "said"),
    [("missing", "to nothing"), ("link", "to nothing"), ("1_Pooling", "to a folder"), (".", "to a folder")],
)
def test_a_link_within_the_folder_leads_to_a_file(folder: Path, target: str, said: str) -> None:
    (folder / "link").symlink_to(target)

    assert f"{folder / 'link'}: is a symbolic link {said}" in refused(folder)


def test_a_link_to_a_file_of_the_same_folder_counts_as_that_file(folder: Path) -> None:
    (folder / "link").symlink_to("config.json")
    before = digest.of_folder(folder)

    check_folder(folder)
    (folder / "link").unlink()
    (folder / "link").write_text("{}")

    assert digest.of_folder(folder) == before


def test_the_folder_itself_may_be_a_link(folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)

    check_folder(link)


def test_a_pipe_is_refused_and_not_opened(folder: Path) -> None:
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")

    assert "is neither a file nor a folder" in refused(folder)


@pytest.mark.parametrize("place", ["caf\udce9.json", "1_Pooling/caf\udce9.json", "caf\udce9/config.json"])
def test_a_name_that_is_not_utf_8_is_refused(folder: Path, place: str) -> None:
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).write_text("{}")

    assert r"caf\xe9" in refused(folder)
    assert "the name is not UTF-8; rename it" in refused(folder)


def test_a_model_whose_own_name_is_not_utf_8_is_refused(folder: Path) -> None:
    path = folder / "caf\udce9.safetensors"
    path.write_bytes(b"weights")

    assert "the name is not UTF-8; rename it" in refused(path)


@pytest.mark.parametrize("name", ["naïve.json", "模型.json", "new\nline.json", "a b.json", "'\".json", "\x7f"])
def test_any_name_in_utf_8_has_a_digest(folder: Path, name: str) -> None:
    (folder / name).write_text("{}")

    check_folder(folder)

    assert len(digest.of_folder(folder)) == 64
