"""How large a model is."""

from pathlib import Path

import onnx

from optimizers.onnx_external_data import model_size_bytes
from tests.support.small_model import write_small_onnx


def test_the_files_that_hold_an_onnx_models_weights_count(tmp_path: Path) -> None:
    path = tmp_path / "split.onnx"
    write_small_onnx(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)

    assert model_size_bytes(path) == path.stat().st_size + (tmp_path / "weights.bin").stat().st_size
