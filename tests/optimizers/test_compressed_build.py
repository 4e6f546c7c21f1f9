"""A build with pruning and distillation: trained once, exported into every form, judged like every other candidate."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file

from optimizers.benchmark import BenchmarkConfig
from optimizers.build import optimize
from optimizers.candidate_builder import BuiltIndex, CandidateBuilder, TrainingRoom
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.compression import Distillation, Loop, Pruning, PruningKind, Training
from optimizers.errors import InvalidArgs, UnsupportedModel
from optimizers.goal import Goal, ParityThresholds
from optimizers.kept_results import KeptResults
from optimizers.model_source import ModelSource
from optimizers.original_process import OriginalProcess
from optimizers.pass_process import PassFailed
from optimizers.progress import SilentProgress
from optimizers.recipe import recipe_for
from optimizers.session import open_session, read_manifest
from optimizers.source_facts import SourceFacts, facts_of
from optimizers.store import ArtifactStore
from optimizers.training_data import prepare_training
from optimizers.vocabulary import ModelFormat, Prediction
from tests.support.digits import SIGNATURE, digits, digits_weights
from tests.support.locked_model import hardware

pytestmark = pytest.mark.integration

QUICK = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=0.05, min_turns=1, warmup_calls=1)
LOOP = Loop(epochs=2, batch_size=64, learning_rate=3e-3)
ASKED = Goal(
    latency_sla_ms=100, throughput_rps=10, threads=1, thresholds=ParityThresholds(top1=0.9),
    pruning=Pruning(), distillation=Distillation(student="tests.support.digits:small_net"), training=Training(loop=LOOP),
)  # fmt: skip


class Steps(SilentProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def detail(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    folder = tmp_path_factory.mktemp("digits")
    save_file(digits_weights(), folder / "digits.safetensors")
    trained, tested = digits()
    assert trained.answers is not None
    np.savez(folder / "training.npz", image=trained.inputs["image"], label=trained.answers)
    np.savez(folder / "samples.npz", image=tested.inputs["image"][:64])
    return ModelSource(
        location="digits", path=folder / "digits.safetensors", model_format=ModelFormat.PYTORCH,
        prediction=Prediction.CLASSIFICATION, architecture="tests.support.digits:DigitsNet", inputs=SIGNATURE.inputs,
        samples=folder / "samples.npz", training=folder / "training.npz", training_location="training.npz",
    )  # fmt: skip


def builder(source: ModelSource, goal: Goal, folder: Path, told: Steps) -> CandidateBuilder:
    """What `optimize` builds candidates with."""
    store, work = ArtifactStore(folder / "store"), folder / "store" / "work"
    work.mkdir(parents=True)
    with OriginalProcess(source, 1, work / "original") as original:
        facts = original.facts
    assert goal.training is not None
    kept = KeptResults(store.root, "m", facts_of(source, goal).settings)
    data = prepare_training(source, facts, work / "training")
    return CandidateBuilder(
        store=store, index=BuiltIndex(store, "m", "r", hardware()), work=work, original=facts, source=source, model_sha256="m",
        threads=1, samples=work / "samples", reference="{}", progress=told,
        training=TrainingRoom(data, goal.training.timeout_s, kept),
    )  # fmt: skip


def recipes(source: ModelSource, goal: Goal) -> dict[str, CandidateRecipe]:
    return {item.name: item for item in recipe_for(facts_of(source, goal), goal, hardware()).candidates}


def test_each_model_is_trained_once_for_all_its_candidates_and_not_again_in_another_build(
    source: ModelSource, tmp_path: Path
) -> None:
    told, again, offered = Steps(), Steps(), recipes(source, ASKED)
    first = builder(source, ASKED, tmp_path, told)

    onnx, openvino, student = (
        first.build(offered[name]) for name in ("pruned-onnx", "pruned-openvino-fp32", "distilled-onnx")
    )

    folder = tmp_path / "store" / "sha256" / onnx.sha256
    assert [line.split(":")[0] for line in told.told] == ["epoch 1 of 2", "epoch 2 of 2"] * 2
    assert onnx.size_bytes < 60_000
    assert student.size_bytes < 35_000
    remark = "50% of the channels removed, 36,106 -> 9,354 parameters; trained 2 epochs on labels: held-out loss 0."
    assert read_manifest(folder).remark.startswith(remark)
    assert read_manifest(tmp_path / "store" / "sha256" / openvino.sha256).remark.startswith(remark)
    assert sorted(path.name for path in folder.iterdir()) == ["artifact.json", "model.onnx", "reference.json"]
    images, labels = digits()[1].inputs["image"], digits()[1].answers
    (scores,) = open_session(folder, 1).run({"image": images}).values()
    assert (scores.argmax(axis=1) == labels).mean() >= 0.98

    shutil.rmtree(tmp_path / "store" / "work")
    assert builder(source, ASKED, tmp_path, again).build(offered["pruned-onnx"]) == onnx
    assert again.told == []


def test_training_that_takes_longer_than_allowed_is_stopped(source: ModelSource, tmp_path: Path) -> None:
    goal = ASKED.model_copy(update={"training": Training(loop=LOOP, timeout_s=1)})

    with pytest.raises(
        PassFailed, match=r"^structured-pruning and fine-tuning and onnx-export did not end within 1 s and was stopped$"
    ):
        builder(source, goal, tmp_path, Steps()).build(recipes(source, goal)["pruned-onnx"])


def test_data_that_do_not_fit_end_the_build_before_anything_is_built(source: ModelSource, tmp_path: Path) -> None:
    np.savez(tmp_path / "wrong.npz", image=np.zeros((20, 64), np.float32))
    wrong = source.model_copy(update={"training": tmp_path / "wrong.npz"})

    with pytest.raises(InvalidArgs, match=r"got the shape \(20, 64\) of `image`"):
        optimize(wrong, ASKED, hardware(), ArtifactStore(tmp_path / "store"), None, Steps(), benchmark=QUICK)

    assert not list((tmp_path / "store").glob("sha256/*"))


def test_code_of_the_user_that_is_not_there_is_refused_before_anything_is_loaded(source: ModelSource) -> None:
    goal = ASKED.model_copy(update={"training": Training(function="no_such_package.code:train")})

    with pytest.raises(UnsupportedModel, match=r"`optimization.training.function`: got `no_such_package.code:train`"):
        facts_of(source, goal)


def names(goal: Goal, model_format: ModelFormat = ModelFormat.PYTORCH) -> dict[str, str | None]:
    """The candidates beside those of a goal that asks for nothing, and why they are refused."""
    facts = SourceFacts(model_format=model_format, model_size_bytes=1)
    plain = goal.model_copy(update={"pruning": None, "distillation": None, "training": None})
    without = {item.name for item in recipe_for(facts, plain, hardware()).candidates}
    return {
        item.name: item.refused for item in recipe_for(facts, goal, hardware()).candidates if item.name not in without
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"distillation": None}, {"pruned-onnx", "pruned-static-int8", "pruned-openvino-fp32", "pruned-openvino-bf16"}),
        ({"pruning": Pruning(kind=PruningKind.MAGNITUDE), "distillation": None}, {"sparse-onnx"}),
        ({"pruning": None, "edge": True}, {"distilled-ort-mobile"}),
        ({"pruning": None, "distillation": None}, set[str]()),
    ],
)
def test_only_what_is_asked_for_is_offered(changes: dict[str, Any], expected: set[str]) -> None:
    assert set(names(ASKED.model_copy(update=changes))) == expected


@pytest.mark.parametrize("model_format", [ModelFormat.ONNX, ModelFormat.TORCHSCRIPT])
def test_a_format_that_cannot_be_trained_says_what_can(model_format: ModelFormat) -> None:
    reasons = set(names(ASKED, model_format).values())

    assert (
        f"not built: a `{model_format}` model cannot be trained; give its PyTorch weights (`model_format: pytorch`)"
        in reasons
    )
    assert None not in reasons


def test_whatever_decides_training_changes_the_recipe(source: ModelSource) -> None:
    facts = facts_of(source, ASKED)
    changed = [
        ASKED,
        ASKED.model_copy(update={"pruning": Pruning(share=0.6)}),
        ASKED.model_copy(update={"distillation": Distillation()}),
        ASKED.model_copy(update={"training": Training(loop=LOOP.model_copy(update={"seed": 1}))}),
        ASKED.model_copy(update={"training": Training(function="a:b")}),
    ]
    longer = ASKED.model_copy(update={"training": Training(loop=LOOP, timeout_s=99)})
    digests = [recipe_for(facts, goal, hardware()).sha256 for goal in changed]

    assert len(set(digests)) == len(changed)
    assert recipe_for(facts, longer, hardware()).sha256 == digests[0]
    assert facts.settings["training"] != facts_of(source).settings.get("training")
