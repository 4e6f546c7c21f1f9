"""What was trained is found again by what it was made from, as long as it is as it was written."""

from pathlib import Path

import pytest

from optimizers.compression import Loop
from optimizers.fine_tuning import FineTuning
from optimizers.kept_results import KeptResults, trains
from optimizers.onnx_export import OnnxExport
from optimizers.passes import Form, FormedModel, Pass
from optimizers.structured_pruning import StructuredPruning
from optimizers.training_function import TrainingFunction
from optimizers.vocabulary import Prediction
from tests.optimizers.test_pass_process import SIGNATURE

PASSES: tuple[Pass, ...] = (StructuredPruning(0.5), FineTuning(Prediction.NUMERIC, Loop()), OnnxExport())


@pytest.fixture
def model(tmp_path: Path) -> FormedModel:
    """As the passes left it in a folder of its own."""
    folder = tmp_path / "work" / "pass"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"weights")
    return FormedModel(Form.ONNX, SIGNATURE, path=folder / "model.onnx", remark="trained")


def kept(root: Path, **settings: str) -> KeptResults:
    return KeptResults(root, "m" * 64, {"torch": "2.15", **settings})


def test_it_is_found_by_another_build(model: FormedModel, tmp_path: Path) -> None:
    kept(tmp_path).keep(PASSES, model)

    found = kept(tmp_path).find(PASSES)

    assert found is not None
    assert found.file.read_bytes() == b"weights"
    assert (found.signature, found.remark) == (SIGNATURE, "trained")
    assert found.file.parent != model.file.parent
    assert [path.name for path in found.file.parent.iterdir()] == ["model.onnx"]


def test_other_options_other_data_or_another_model_do_not_find_it(model: FormedModel, tmp_path: Path) -> None:
    kept(tmp_path).keep(PASSES, model)

    assert kept(tmp_path).find((StructuredPruning(0.6), *PASSES[1:])) is None
    assert kept(tmp_path, training="other").find(PASSES) is None
    assert KeptResults(tmp_path, "n" * 64, {"torch": "2.15"}).find(PASSES) is None


def test_other_samples_labels_or_versions_of_what_comes_after_training_find_it(
    model: FormedModel, tmp_path: Path
) -> None:
    kept(tmp_path, samples="a", openvino="1", nncf="1", onnxruntime="1").keep(PASSES, model)

    assert kept(tmp_path, samples="b", openvino="2", evaluation="c").find(PASSES) is not None
    assert kept(tmp_path, architecture="other").find(PASSES) is None


@pytest.mark.parametrize("damage", ["weights", "record", "gone"])
def test_what_is_damaged_is_not_found_and_replaced(damage: str, model: FormedModel, tmp_path: Path) -> None:
    kept(tmp_path).keep(PASSES, model)
    found = kept(tmp_path).find(PASSES)
    assert found is not None
    record = found.file.parent.with_suffix(".json")
    if damage == "gone":
        found.file.unlink()
    else:
        (found.file if damage == "weights" else record).write_bytes(b"damaged")

    assert kept(tmp_path).find(PASSES) is None
    kept(tmp_path).keep(PASSES, model)
    assert kept(tmp_path).find(PASSES) is not None


def test_only_chains_that_train_are_kept() -> None:
    assert trains(PASSES)
    assert trains((TrainingFunction("a:b"),))
    assert not trains((StructuredPruning(0.5), OnnxExport()))
