"""How large a model is, and when that is too large to load."""

from pathlib import Path

import onnx
import pytest

from optimizers.errors import UnsupportedModel
from optimizers.onnx_external_data import model_size_bytes
from optimizers.original import check_memory
from tests.support.small_model import write_small_onnx


def test_a_model_larger_than_the_free_memory_is_refused_with_both_figures() -> None:
    check_memory("model.onnx", 3 << 30, 3 << 30)

    words = r"model\.onnx: its files have 3\.0 GiB, 2\.0 GiB of memory are free; .* at least 10 GiB"
    with pytest.raises(UnsupportedModel, match=words):
        check_memory("model.onnx", 3 << 30, 2 << 30)


def test_the_files_that_hold_an_onnx_models_weights_count(tmp_path: Path) -> None:
    path = tmp_path / "split.onnx"
    write_small_onnx(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)

    assert model_size_bytes(path) == path.stat().st_size + (tmp_path / "weights.bin").stat().st_size
