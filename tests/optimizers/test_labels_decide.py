"""Handwritten digits, really learnt: what keeps the accuracy is served, and what harms it is refused with its number."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizers import recipe
from optimizers.accuracy import AccuracyLimits
from optimizers.benchmark import BenchmarkConfig
from optimizers.build import optimize
from optimizers.candidate_row import Row, exported
from optimizers.errors import ParityError
from optimizers.goal import Goal
from optimizers.lock import LockedModel
from optimizers.metrics import MetricName
from optimizers.model_source import ModelSource
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.progress import SilentProgress
from optimizers.reference import read_reference
from optimizers.report import CandidateReport
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat, Precision, Prediction, Runtime
from tests.support.digits_model import TRAINED_ROWS, ReplacedBy, digits, train_digits, write_digits
from tests.support.locked_model import hardware

pytestmark = pytest.mark.integration

QUICK = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=0.05, min_turns=1, warmup_calls=1)
FP32 = ("onnx", "onnx-optimized", "openvino-fp32")


@dataclass(frozen=True)
class Learnt:
    """What two trainings left in a folder."""

    folder: Path
    source: ModelSource

    def candidates(self) -> tuple[Row, ...]:
        onnx = Runtime.ONNXRUNTIME
        f32 = {"INFERENCE_PRECISION_HINT": "f32"}
        return (
            Row("onnx", onnx, Precision.FP32, exported()),
            Row("onnx-optimized", onnx, Precision.FP32, exported(OnnxGraphOptimization())),
            Row("onnx-int8", onnx, Precision.INT8, exported(OnnxDynamicInt8())),
            Row("openvino-fp32", Runtime.OPENVINO, Precision.FP32, exported(OpenVinoConversion()), f32),
            Row("harmed", onnx, Precision.INT8, exported(ReplacedBy(self.folder / "harmed.onnx"))),
            Row("other", onnx, Precision.FP32, exported(ReplacedBy(self.folder / "other.onnx"))),
            Row("broken", onnx, Precision.FP32, exported(ReplacedBy(self.folder / "broken.onnx"))),
        )


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    folder = tmp_path_factory.mktemp("digits")
    weights = train_digits(seed=0)
    write_digits(folder / "digits.onnx", weights)
    write_digits(folder / "other.onnx", train_digits(seed=1))
    # A class that is never answered costs a tenth of the rows.
    harmed = {**weights, "4.bias": weights["4.bias"] - np.float32(1e6) * (np.arange(10) == 3)}
    write_digits(folder / "harmed.onnx", harmed)
    write_digits(folder / "broken.onnx", {**weights, "4.bias": weights["4.bias"] * np.float32("nan")})
    images, labels = digits()
    np.savez(folder / "labelled.npz", image=images[TRAINED_ROWS:], label=labels[TRAINED_ROWS:])
    np.savez(folder / "samples.npz", image=images[-200:])
    source = ModelSource(
        location="digits.onnx",
        path=folder / "digits.onnx",
        model_format=ModelFormat.ONNX,
        prediction=Prediction.CLASSIFICATION,
        samples=folder / "samples.npz",
        samples_location="samples.npz",
        evaluation=folder / "labelled.npz",
        evaluation_location="labelled.npz",
    )
    return Learnt(folder, source)


def build(source: ModelSource, store: Path, limits: AccuracyLimits) -> LockedModel:
    goal = Goal(latency_sla_ms=100, throughput_rps=10, threads=1, accuracy=limits)
    return optimize(source, goal, hardware(), ArtifactStore(store), None, SilentProgress(), benchmark=QUICK)


@pytest.fixture(scope="module")
def locked(learnt: Learnt) -> LockedModel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "CANDIDATES", learnt.candidates())
        return build(learnt.source, learnt.folder / "store", AccuracyLimits(accuracy=0.05))


def candidate(locked: LockedModel, name: str) -> CandidateReport:
    (report,) = locked.reports.values()
    return report.candidate(name)


@pytest.mark.parametrize("name", FP32)
def test_what_only_computes_otherwise_keeps_the_accuracy(locked: LockedModel, name: str) -> None:
    accuracy = candidate(locked, name).accuracy

    assert accuracy is not None
    assert accuracy.metric is MetricName.ACCURACY
    assert accuracy.value == pytest.approx(accuracy.original, abs=1e-12)
    assert accuracy.original > 0.93
    assert accuracy.rows == 1797 - TRAINED_ROWS
    assert [score.metric for score in accuracy.further] == [MetricName.MACRO_F1]


def test_quantized_digits_lose_less_than_is_allowed(locked: LockedModel) -> None:
    found = candidate(locked, "onnx-int8")

    assert found.is_right
    assert found.accuracy is not None
    assert found.accuracy.value > found.accuracy.original - 0.05


def test_a_harmed_candidate_is_refused_with_its_number_and_never_measured(locked: LockedModel) -> None:
    found = candidate(locked, "harmed")

    assert found.accuracy is not None
    assert not found.is_right
    assert found.accuracy.original - found.accuracy.value > 0.05
    assert found.verdict == f"refused: {found.accuracy.against_limit}"
    assert "accuracy 0.8" in found.verdict
    assert "is under the limit 0.9" in found.verdict
    assert found.measurements == ()
    assert locked.artifact("harmed") is None


def test_one_that_answers_otherwise_but_as_rightly_passes_and_its_parity_is_told(locked: LockedModel) -> None:
    found = candidate(locked, "other")

    assert found.parity is not None
    assert not found.parity.passed
    assert found.is_right
    assert found.measurements
    assert "accuracy" in candidate(locked, locked.reports[hardware().fingerprint].chosen).verdict
    assert "top1" in candidate(locked, locked.reports[hardware().fingerprint].chosen).verdict


def test_an_endpoint_of_it_is_held_against_its_own_answers(learnt: Learnt, locked: LockedModel) -> None:
    store = ArtifactStore(learnt.folder / "store")

    def reference(name: str) -> Any:
        artifact = locked.artifact(name)
        assert artifact is not None
        return read_reference(store.folder(artifact.sha256)).outputs

    assert reference("other") != reference("onnx")
    assert reference("onnx-optimized") == reference("onnx")


def test_nan_is_refused_with_the_output_and_the_sample(locked: LockedModel) -> None:
    found = candidate(locked, "broken")

    assert found.verdict == "refused: output `scores` is NaN or infinite for sample 0 (counted from 0)"
    assert (found.parity, found.accuracy) == (None, None)


def test_the_lock_says_what_was_scored_and_reads_back(locked: LockedModel) -> None:
    (report,) = locked.reports.values()

    assert report.evaluated_on == "`labelled.npz`, 397 rows"
    assert LockedModel.model_validate_json(json.dumps(locked.model_dump(mode="json"))) == locked


def test_where_all_lose_too_much_the_error_names_the_limit_to_relax(
    learnt: Learnt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = [row for row in learnt.candidates() if row.name == "harmed"]
    monkeypatch.setattr(recipe, "CANDIDATES", tuple(only))

    with pytest.raises(ParityError, match=r"harmed: accuracy 0\.8.*relax `optimization.accuracy` or give other eval"):
        build(learnt.source, tmp_path / "store", AccuracyLimits())
