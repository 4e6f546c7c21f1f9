"""TorchScript: one frozen file that answers alike, and holds nothing of the machine that wrote it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from optimizers.errors import ArtifactError
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.torchscript_freeze import TorchScriptFreeze
from optimizers.torchscript_session import open_torchscript
from tests.support.small_networks import answers, images, small_convolution


@pytest.fixture
def frozen(tmp_path: Path) -> FormedModel:
    (tmp_path / "frozen").mkdir()
    return TorchScriptFreeze().run(small_convolution(), tmp_path / "frozen")


@pytest.mark.parametrize("rows", [1, 5])
def test_it_answers_like_the_module_for_any_batch(frozen: FormedModel, rows: int) -> None:
    session = open_torchscript(frozen.file, frozen.signature, 1)

    found = session.run({"image": images(rows)})

    assert list(found) == ["scores"]
    assert np.abs(found["scores"] - answers(small_convolution(), images(rows))).max() < 1e-5


def test_weights_are_constants_and_the_normalization_is_folded_into_the_convolution(frozen: FormedModel) -> None:
    with quiet():
        script = torch.jit.load(frozen.file)
    kinds = {node.kind() for node in script.graph.nodes()}

    assert {"aten::_convolution", "aten::linear"} <= kinds
    assert not {"prim::GetAttr", "aten::batch_norm"} & kinds
    assert not list(script.parameters())


def test_nothing_tells_where_it_was_written(frozen: FormedModel) -> None:
    with zipfile.ZipFile(frozen.file) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".debug_pkl")]
        assert not [name for name in archive.namelist() if sys.prefix.encode() in archive.read(name)]


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from optimizers.torchscript_freeze import TorchScriptFreeze;"
        "from tests.support.small_networks import small_convolution;"
        "folder = Path(sys.argv[1]); folder.mkdir(); TorchScriptFreeze().run(small_convolution(), folder)"
    )
    folders = [tmp_path / "first", tmp_path / "second"]
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2])
        for folder in folders
    ]

    assert [process.wait() for process in processes] == [0, 0]
    first, second = ((folder / "model.pt").read_bytes() for folder in folders)
    assert first == second


def test_what_is_frozen_already_is_written_again(tmp_path: Path, frozen: FormedModel) -> None:
    with quiet():
        script = FormedModel(Form.TORCHSCRIPT, frozen.signature, module=torch.jit.load(frozen.file))

    again = TorchScriptFreeze().run(script, tmp_path)

    session = open_torchscript(again.file, again.signature, 1)
    assert np.abs(session.run({"image": images(2)})["scores"] - answers(small_convolution(), images(2))).max() < 1e-5


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"no archive")

    with pytest.raises(ArtifactError, match=r"model\.pt: the runtime cannot load it \(.+\); run `serving optimize`"):
        open_torchscript(tmp_path / "model.pt", small_convolution().signature, 1)
