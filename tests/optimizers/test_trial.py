"""The original answers every sample before anything is compared with it, or the sample that it cannot answer is named."""

import json
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from optimizers.benchmark import BenchmarkConfig
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original_process import OriginalProcess
from optimizers.trial import prepare
from optimizers.vocabulary import ModelFormat


def logarithm(folder: Path) -> Path:
    """Write a model that gives a number back, and its logarithm."""
    shape = ["batch", 2]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["same"]), helper.make_node("Log", ["x"], ["log"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("same", "log")],
    )
    path = folder / "model.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(("number", "row"), [(-1.0, 7), (0.0, 0)])
def test_an_answer_of_the_original_that_is_not_finite_is_named_with_output_and_sample(
    tmp_path: Path, number: float, row: int
) -> None:
    rows = [[1.0, 2.0]] * 9
    rows[row] = [1.0, number]
    samples = tmp_path / "rows.json"
    samples.write_text(json.dumps(rows))
    source = ModelSource(location="model", path=logarithm(tmp_path), model_format=ModelFormat.ONNX, samples=samples)
    said = rf"^model: the original answers sample {row} \(counted from 0\) with NaN or infinity in output `log`; repair"

    with OriginalProcess(source, 1, tmp_path / "original") as original, pytest.raises(UnsupportedModel, match=said):
        prepare(source, original.facts, original, BenchmarkConfig())
