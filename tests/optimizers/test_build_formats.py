"""A model of each format goes through the whole build: loaded, converted, compared, measured and locked."""

from pathlib import Path

import pytest
import torch
import transformers

from optimizers.benchmark import BenchmarkConfig
from optimizers.build import optimize
from optimizers.candidates import CANDIDATES
from optimizers.goal import Goal
from optimizers.lock import LockedModel
from optimizers.model_source import ModelSource
from optimizers.progress import SilentProgress
from optimizers.quiet import quiet
from optimizers.report import ORIGINAL
from optimizers.source_facts import facts_of
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat, Prediction, Runtime
from tests.optimizers.test_load_tensorflow import python
from tests.support.locked_model import hardware
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration

GOAL = Goal(latency_sla_ms=100, throughput_rps=10, threads=1)
QUICK = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=0.05, min_turns=1, warmup_calls=1)
TRITON_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [{ name: "input" data_type: TYPE_FP32 dims: [ 64 ] }]
output [{ name: "output" data_type: TYPE_FP32 dims: [ 64 ] }]
"""


@pytest.fixture(autouse=True)
def one_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizers.recipe.CANDIDATES", tuple(row for row in CANDIDATES if row.name == "onnx"))


def built(path: Path, folder: Path, model_format: ModelFormat, prediction: Prediction) -> LockedModel:
    source = ModelSource(location=path.name, path=path, model_format=model_format, prediction=prediction)
    store = ArtifactStore(folder / "store")
    return optimize(source, GOAL, hardware(), store, None, SilentProgress(), benchmark=QUICK)


def assert_chosen(locked: LockedModel, original: Runtime) -> None:
    (report,) = locked.reports.values()
    assert report.chosen == "onnx"
    parity = report.candidate("onnx").parity
    assert parity is not None
    assert parity.passed
    assert report.candidate(ORIGINAL).runtime is original


def test_a_torch_export_program(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)).eval()
    shapes = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(module, (torch.ones(2, 4),), dynamic_shapes=shapes), tmp_path / "m.pt2")

    locked = built(tmp_path / "m.pt2", tmp_path, ModelFormat.PYTORCH, Prediction.NUMERIC)

    assert_chosen(locked, Runtime.PYTORCH)


def test_a_tensorflow_model(tmp_path: Path) -> None:
    python("tests.support.tensorflow_models", str(tmp_path), "digits", folder=tmp_path)

    locked = built(tmp_path / "digits", tmp_path, ModelFormat.TENSORFLOW, Prediction.CLASSIFICATION)

    assert_chosen(locked, Runtime.TENSORFLOW)


def test_a_triton_repository(tmp_path: Path) -> None:
    (tmp_path / "repository" / "small" / "3").mkdir(parents=True)
    (tmp_path / "repository" / "small" / "config.pbtxt").write_text(TRITON_CONFIG)
    write_small_onnx(tmp_path / "repository" / "small" / "3" / "model.onnx")

    locked = built(tmp_path / "repository", tmp_path, ModelFormat.TRITON, Prediction.NUMERIC)

    assert_chosen(locked, Runtime.ONNXRUNTIME)
    assert locked.request.model_format is ModelFormat.TRITON


def test_an_image_model_of_a_hugging_face_folder(tmp_path: Path) -> None:
    torch.manual_seed(1)
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], num_labels=5, layer_type="basic"
    )
    with quiet():
        transformers.ResNetForImageClassification(config).save_pretrained(tmp_path / "resnet")
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "resnet")

    locked = built(tmp_path / "resnet", tmp_path, ModelFormat.PYTORCH, Prediction.CLASSIFICATION)

    assert_chosen(locked, Runtime.PYTORCH)
    (report,) = locked.reports.values()
    assert str(report.samples_from).startswith("generated images, seed")


def test_only_libraries_of_the_models_own_format_count(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "m.onnx")
    (tmp_path / "m.pt2").write_bytes(b"x")

    def libraries(name: str, model_format: ModelFormat) -> set[str]:
        path = tmp_path / name
        settings = facts_of(ModelSource(location=name, path=path, model_format=model_format)).settings
        return settings.keys() & {"onnx", "tensorflow", "keras", "tf2onnx", "torch", "transformers"}

    assert libraries("m.onnx", ModelFormat.ONNX) == {"onnx"}
    assert libraries("m.pt2", ModelFormat.PYTORCH) == {"onnx", "torch", "transformers"}
    assert libraries("m.onnx", ModelFormat.TENSORFLOW) == {"onnx", "tensorflow", "keras", "tf2onnx"}
