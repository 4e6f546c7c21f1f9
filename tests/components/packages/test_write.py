"""A package is whole or not there, and the same from the same artifact."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from components.packages.kinds import PACKAGES, ArtifactPackage, package_kind
from components.packages.served import ServedArtifact, ServedOriginal, ServerSettings
from components.packages.sums import check_sums
from components.packages.write import write_package
from components.platforms.choice import Platform
from optimizers.errors import ArtifactError, InvalidArgs, MissingExtra, UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.vocabulary import ModelFormat, Runtime
from tests.support.full_disk import full_disk
from tests.support.packaged import served_small, served_text

OF_ARTIFACTS = [kind for kind in PACKAGES if isinstance(kind, ArtifactPackage)]


@pytest.fixture(params=OF_ARTIFACTS, ids=lambda kind: kind.platform)
def kind(request: pytest.FixtureRequest) -> ArtifactPackage:
    found: ArtifactPackage = request.param
    return found


@pytest.fixture
def served(tmp_path: Path) -> ServedArtifact:
    return served_small(tmp_path)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_artifact_gives_the_same_bytes(
    kind: ArtifactPackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = served_text(tmp_path)
    first = write_package(kind, served, tmp_path / "first")
    for path in served.folder.rglob("*"):
        os.utime(path, (1, 1))
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    second = write_package(kind, served, tmp_path / "elsewhere/second")

    assert bytes_of(first.folder) == bytes_of(second.folder)
    assert first.files == check_sums(second.folder)


def test_a_package_that_is_there_is_left_as_it_is(
    kind: ArtifactPackage, served: ServedArtifact, tmp_path: Path
) -> None:
    write_package(kind, served, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}

    again = write_package(kind, served, tmp_path / "out")

    assert again.unchanged
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_only_the_package_is_left_on_the_disk(kind: ArtifactPackage, served: ServedArtifact, tmp_path: Path) -> None:
    (tmp_path / "here/out").mkdir(parents=True)

    write_package(kind, served, tmp_path / "here/out")

    assert [path.name for path in (tmp_path / "here").iterdir()] == ["out"]


def test_the_statement_is_an_in_toto_statement_of_what_the_package_holds(
    kind: ArtifactPackage, served: ServedArtifact, tmp_path: Path
) -> None:
    package = write_package(kind, served, tmp_path / "out")

    statement = json.loads((package.folder / "provenance.json").read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    subjects = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    assert subjects == {path: sha256 for path, sha256 in package.files.items() if path != "provenance.json"}
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["platform"] == kind.platform
    materials = definition["resolvedDependencies"]
    assert {"name": "model", "digest": {"sha256": "b" * 64}} in materials
    assert {"name": "artifact", "digest": {"sha256": served.artifact.sha256}} in materials
    assert {"uri": "pkg:pypi/onnx@1.23.2"} in materials


@pytest.mark.parametrize(
    ("platform", "file", "names"),
    [
        ("bentoml", "server.json", ("streams",)),
        ("seldon", "small/model-settings.json", ("parameters", "extra", "streams")),
        ("triton", "provenance.json", ("predicate", "buildDefinition", "externalParameters", "streams")),
    ],
)
def test_calls_at_once_are_those_that_were_measured(
    tmp_path: Path, platform: str, file: str, names: tuple[str, ...]
) -> None:
    package = write_package(package_kind(platform), served_small(tmp_path, streams=4), tmp_path / "out")

    found = json.loads((package.folder / file).read_text())
    for name in names:
        found = found[name]
    assert found == 4


@pytest.mark.parametrize(
    ("platform", "runtime", "said"),
    [
        ("bentoml", Runtime.TENSORRT, "`onnx` is for tensorrt, which bentoml does not run; package it for `triton`"),
        ("triton", Runtime.COREML, "`onnx` is for coreml, which triton does not run; no serving platform runs it"),
    ],
)
def test_an_artifact_that_the_platform_cannot_run_is_told_where_it_can(
    served: ServedArtifact, tmp_path: Path, platform: str, runtime: Runtime, said: str
) -> None:
    other = replace(served, manifest=served.manifest.model_copy(update={"runtime": runtime}))

    with pytest.raises(UnsupportedModel) as raised:
        write_package(package_kind(platform), other, tmp_path / "out")

    assert str(raised.value) == said
    assert not (tmp_path / "out").exists()


def test_another_package_is_never_overwritten(served: ServedArtifact, tmp_path: Path) -> None:
    write_package(package_kind("triton"), served, tmp_path / "out")
    before = bytes_of(tmp_path / "out")

    with pytest.raises(InvalidArgs, match="it holds another package, which is never overwritten"):
        write_package(package_kind("bentoml"), served, tmp_path / "out")

    assert bytes_of(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "store"]


def test_a_package_that_was_changed_is_never_overwritten(served: ServedArtifact, tmp_path: Path) -> None:
    write_package(package_kind("triton"), served, tmp_path / "out")
    (tmp_path / "out/small/1/model.onnx").write_bytes(b"other")

    with pytest.raises(InvalidArgs, match="a package that was changed"):
        write_package(package_kind("triton"), served, tmp_path / "out")


def test_a_folder_with_something_else_and_a_file_are_refused(served: ServedArtifact, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("dear")
    (tmp_path / "file").write_text("")

    for name in ("full", "file"):
        with pytest.raises(InvalidArgs, match="something that is no package"):
            write_package(package_kind("triton"), served, tmp_path / name)
    assert (tmp_path / "full/letter.txt").read_text() == "dear"


def test_a_signature_that_fails_leaves_no_package(served: ServedArtifact, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        assert folder.is_dir()
        raise ArtifactError("no")

    with pytest.raises(ArtifactError, match="no"):
        write_package(package_kind("triton"), served, tmp_path / "out", fail)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_a_full_disk_is_one_sentence_and_nothing_is_left(served: ServedArtifact, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with full_disk(disk) as reason:
        with pytest.raises(ArtifactError, match="cannot be written") as raised:
            write_package(package_kind("triton"), served, disk / "out")
        assert reason in str(raised.value)
        assert not (disk / "out").exists()


@pytest.mark.parametrize("name", ["", "Small", "../small", "a/b", "a b", "-a", "a" * 65, "ä", "a\n"])
def test_a_name_that_no_platform_takes_is_refused(tmp_path: Path, name: str) -> None:
    source = ModelSource(location="m", path=tmp_path, model_format=ModelFormat.TENSORFLOW)

    with pytest.raises(InvalidArgs, match="small letters"):
        ServedOriginal(name, ServerSettings(max_batch_size=1, threads=1), source, "a" * 64)


def test_every_platform_of_the_contract_that_runs_servers_has_a_package() -> None:
    named = {"triton", "torchserve", "tensorflow-serving", "bentoml", "seldon", "vllm"}

    assert {kind.platform for kind in PACKAGES} == named
    assert named <= set(Platform)


@pytest.mark.parametrize("word", ["sagemaker", "Triton", ""])
def test_a_platform_without_packages_is_told_which_there_are(word: str) -> None:
    with pytest.raises(InvalidArgs, match="use one of `triton`, `torchserve`"):
        package_kind(word)


@pytest.mark.parametrize(("platform", "library"), [("triton", "tritonclient.grpc"), ("torchserve", "model_archiver")])
def test_a_missing_library_names_its_extra(
    platform: str, library: str, served: ServedArtifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(MissingExtra, match=f"uv sync --extra {platform}"):
        write_package(package_kind(platform), served, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_the_archiver_never_touches_a_folder_of_the_models_name(
    served: ServedArtifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes `TMPDIR/<name>` before it starts."""
    (tmp_path / "temporary" / served.name).mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))

    write_package(package_kind("torchserve"), served, tmp_path / "out")

    assert [path.name for path in (tmp_path / "temporary").iterdir()] == [served.name]
