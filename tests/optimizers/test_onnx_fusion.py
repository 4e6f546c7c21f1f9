"""Transformer fusion on real graphs: which operators take the place of which, and that answers stay."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from optimizers.errors import UnsupportedModel
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_fusion import OnnxTransformerFusion
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.passes import FormedModel
from optimizers.sample_batches import read_batches
from tests.support.networks import write_attention, write_convolution


def fused(model: FormedModel, folder: Path) -> FormedModel:
    folder.mkdir()
    return OnnxTransformerFusion().run(model, folder)


def kinds(path: Path) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def test_a_sum_and_its_normalization_become_one_operator_with_the_same_answers(tmp_path: Path) -> None:
    model = write_attention(tmp_path / "a", heads=2, width=16, layers=2, seed=1)

    found = fused(model, tmp_path / "b")

    assert found.remark == "fused into 4 SkipLayerNormalization"
    assert kinds(model.file)["LayerNormalization"] == kinds(found.file)["SkipLayerNormalization"] == 4
    assert "LayerNormalization" not in kinds(found.file)
    assert "com.microsoft" in {entry.domain for entry in onnx.load(found.file).opset_import}
    for batch in read_batches(model.samples_folder):
        before, after = (OnnxRuntimeSession(path, 1, {}).run(batch)["output"] for path in (model.file, found.file))
        assert np.allclose(before, after, atol=1e-4)


def test_where_nothing_is_fused_the_candidate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedModel, match="no attention, normalization or activation that onnxruntime knows to fuse"
    ):
        fused(write_convolution(tmp_path / "a", channels=4, size=4, seed=1), tmp_path / "b")


def test_what_was_fused_can_still_be_quantized(tmp_path: Path) -> None:
    model = fused(write_attention(tmp_path / "a", heads=2, width=16, layers=1, seed=1), tmp_path / "b")
    (tmp_path / "c").mkdir()

    found = OnnxDynamicInt8().run(model, tmp_path / "c")

    assert kinds(found.file)["MatMulInteger"] == 6
    assert kinds(found.file)["SkipLayerNormalization"] == 2
