from pathlib import Path

import pytest

from stacks.engine import cache
from stacks.engine.cache import SOURCE, VERSION, built_engine_folder, cache_root


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_another_module_file_is_another_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = built_engine_folder()
    for file in cache.MODULE_FILES:
        (tmp_path / file).write_bytes((SOURCE / file).read_bytes())
    monkeypatch.setattr(cache, "SOURCE", tmp_path)
    assert built_engine_folder() == before

    (tmp_path / name).write_text((tmp_path / name).read_text() + "\n")

    assert built_engine_folder() != before


def test_another_version_is_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = built_engine_folder()
    monkeypatch.setattr(cache, "BUILD_FLAGS", (*cache.BUILD_FLAGS[:-1], "-X version.Version=v9.9.9"))

    assert built_engine_folder() != before


def test_the_version_of_the_flags_is_that_of_go_mod() -> None:
    assert f"github.com/pulumi/pulumi/pkg/v3 v{VERSION}" in (SOURCE / "go.mod").read_text()
    assert f"version.Version=v{VERSION}" in cache.BUILD_FLAGS[-1]


def test_the_cache_lies_outside_the_work_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_SERVING_CACHE", raising=False)

    assert not cache_root().is_relative_to(SOURCE.parents[1])
    assert cache_root().name == "model-serving"
