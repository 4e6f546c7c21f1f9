"""A student is smaller than the original, and training brings it nearer to what that answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optimizers.compression import LAYERS, WIDTH, Loop
from optimizers.errors import UnsupportedModel
from optimizers.fine_tuning import FineTuning
from optimizers.metrics import NO_LABEL
from optimizers.onnx_export import OnnxExport
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.pass_progress import told_lines
from optimizers.passes import FormedModel
from optimizers.repeated_blocks import kept_places, leave_out_blocks
from optimizers.smaller_student import SmallerStudent
from optimizers.torch_arguments import parameters
from optimizers.training_data import TrainingData
from optimizers.training_loss import Objective, hard_loss, hidden_loss, right_share, soft_loss
from optimizers.vocabulary import Prediction
from tests.support.digits import accuracy, digits_model
from tests.support.small_encoder import TOKENS, VOCABULARY, small_encoder

LOOP = Loop(epochs=4, batch_size=16, learning_rate=2e-3)
NEAR_ITS_TEACHER = FineTuning(Prediction.EMBEDDING, LOOP, soft_share=0.7, hidden=True)


def texts(folder: Path, rows: int = 96) -> Path:
    """Token ids of many lengths, padded, and no labels."""
    random = np.random.default_rng(5)
    lengths = random.integers(3, 13, rows)
    mask = (np.arange(12) < lengths[:, None]).astype(np.int64)
    TrainingData({"input_ids": random.integers(1, VOCABULARY, (rows, 12)) * mask, "attention_mask": mask}, None).write(
        folder
    )
    return folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> FormedModel:
    return replace(small_encoder(), training=texts(tmp_path_factory.mktemp("texts") / "training"))


def distance(student: FormedModel, teacher: FormedModel) -> float:
    """1 minus the cosine of both models' vectors for texts that were not trained on."""
    with torch.no_grad():
        ours, theirs = student.module(*TOKENS), teacher.module(*TOKENS)
    return float(1 - torch.nn.functional.cosine_similarity(ours, theirs).mean())


def test_a_student_of_half_the_blocks_comes_nearer_to_its_teacher(teacher: FormedModel, tmp_path: Path) -> None:
    student = SmallerStudent(LAYERS, 0.5).run(teacher, tmp_path)
    before = distance(student, teacher)

    trained = NEAR_ITS_TEACHER.run(student, tmp_path / "pass")

    losses = [float(line.split("loss ")[1].split(",")[0]) for line in told_lines(tmp_path / "pass", 0)]
    assert len(trained.module.encoder.encoder.layer) == 2
    assert len(teacher.module.encoder.encoder.layer) == 4
    assert trained.module.encoder.config.num_hidden_layers == 2
    assert losses[-1] < 0.8 * losses[0]
    assert distance(trained, teacher) < 0.8 * before
    assert student.remark.startswith("2 of 4 blocks")
    assert trained.remark.startswith("trained 4 epochs on what the original answers: held-out loss 0.")


def test_the_exported_student_has_half_the_layers(teacher: FormedModel, tmp_path: Path) -> None:
    student = SmallerStudent(LAYERS, 0.5).run(teacher, tmp_path)
    for model, name in ((teacher, "teacher"), (student, "student")):
        (tmp_path / name).mkdir()
        OnnxExport().run(model, tmp_path / name)
    softmaxes = [
        sum(node.op_type == "Softmax" for node in onnx.load(tmp_path / name / "model.onnx").graph.node)
        for name in ("teacher", "student")
    ]
    ids, mask = (value.numpy() for value in TOKENS)
    session = OnnxRuntimeSession(tmp_path / "student" / "model.onnx", 1, {})

    (vectors,) = session.run({"input_ids": ids, "attention_mask": mask}).values()

    assert softmaxes == [4, 2]
    with torch.no_grad():
        assert np.allclose(vectors, student.module(*TOKENS).numpy(), atol=1e-5)


def test_two_trainings_of_one_seed_give_the_same_bytes_and_another_seed_others(
    teacher: FormedModel, tmp_path: Path
) -> None:
    def weights(seed: int) -> list[bytes]:
        tuning = replace(NEAR_ITS_TEACHER, loop=LOOP.model_copy(update={"seed": seed, "epochs": 1}))
        trained = tuning.run(SmallerStudent(LAYERS, 0.5, seed).run(teacher, tmp_path), tmp_path / "pass")
        return [value.detach().numpy().tobytes() for value in trained.module.parameters()]

    first, second, other = weights(1), weights(1), weights(2)

    assert first == second
    assert first != other


def test_a_student_of_the_users_own_learns_digits_from_scores_alone(tmp_path: Path) -> None:
    model = digits_model(tmp_path / "training", labelled=False)
    loop = Loop(epochs=6, batch_size=64, learning_rate=5e-3)

    student = SmallerStudent("tests.support.digits:small_net", 0.5).run(model, tmp_path)
    trained = FineTuning(Prediction.CLASSIFICATION, loop, 0.7, 2.0, hidden=True).run(student, tmp_path / "pass")

    assert parameters(trained.module) == 2_506
    assert accuracy(trained.module) >= 0.93
    assert "right" in trained.remark


def test_a_student_of_some_channels_is_narrower(tmp_path: Path) -> None:
    model = digits_model(tmp_path / "training")

    student = SmallerStudent(WIDTH, 0.25).run(model, tmp_path)

    assert (student.module.first.out_channels, student.module.dense.out_features) == (8, 16)
    assert student.module.scores.out_features == 10


def wrong_answers() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 7))


def wrong_inputs() -> torch.nn.Module:
    return torch.nn.Linear(3, 10)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (
            f"{__name__}:wrong_answers",
            r"the student answers \[\(3, 7\)\], the model \[\(3, 10\)\]; correct the student",
        ),
        (f"{__name__}:wrong_inputs", r"the student does not run on the model's inputs"),
        (f"{__name__}:missing", r"has no `missing`; correct the part after the colon"),
        ("no_such_package:net", r"No module named 'no_such_package'"),
        (f"{__name__}:LOOP", r"which is Loop and cannot be called"),
        (LAYERS, r"it repeats no blocks; set `optimization.distillation.student` to `width` or a callable of yours"),
    ],
)
def test_a_student_that_does_not_fit_is_refused(student: str, message: str, tmp_path: Path) -> None:
    model = digits_model(tmp_path / "training")

    with pytest.raises(UnsupportedModel, match=message):
        SmallerStudent(student, 0.5).run(model, tmp_path)


def test_a_loss_that_becomes_nan_stops_with_epoch_step_and_learning_rate(tmp_path: Path) -> None:
    model = digits_model(tmp_path / "training")
    student = SmallerStudent("tests.support.digits:small_net", 0.5).run(model, tmp_path)
    far = FineTuning(Prediction.NUMERIC, Loop(epochs=3, learning_rate=1e30), soft_share=1.0)
    (tmp_path / "training" / "answers.npz").unlink()

    with pytest.raises(
        UnsupportedModel,
        match=r"the loss became (nan|inf) in epoch 1, .*lower `optimization.training.learning_rate`, now 1e\+30",
    ):
        far.run(student, tmp_path / "pass")


def test_without_training_data_nothing_is_trained(tmp_path: Path) -> None:
    student = SmallerStudent(LAYERS, 0.5).run(small_encoder(), tmp_path)

    with pytest.raises(UnsupportedModel, match=r"set `optimization.training.data`"):
        NEAR_ITS_TEACHER.run(student, tmp_path)


def test_of_twelve_blocks_those_are_kept_that_distilbert_keeps() -> None:
    assert kept_places(12, 0.5) == (0, 2, 4, 7, 9, 11)


@given(count=st.integers(2, 100), size=st.floats(0.01, 0.95))
def test_kept_blocks_differ_and_are_in_order(count: int, size: float) -> None:
    places = kept_places(count, size)

    assert len(places) == max(1, round(count * size))
    assert sorted(set(places)) == list(places)
    assert 0 <= places[0] <= places[-1] < count


def test_the_longest_list_of_equal_blocks_is_shortened() -> None:
    heads = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])
    blocks = torch.nn.ModuleList([torch.nn.Linear(9, 9) for _ in range(4)])
    module = torch.nn.ModuleDict({"heads": heads, "blocks": blocks})

    assert leave_out_blocks(module, 0.5) == (4, 2)
    assert (len(module["heads"]), len(module["blocks"])) == (3, 2)


SCORES = st.lists(st.floats(-20, 20), min_size=6, max_size=6).map(lambda values: torch.tensor(values).view(2, 3))


@given(student=SCORES, teacher=SCORES, temperature=st.floats(0.5, 10), prediction=st.sampled_from(Prediction))
def test_no_distance_is_negative_and_none_is_left_to_itself(
    student: torch.Tensor, teacher: torch.Tensor, temperature: float, prediction: Prediction
) -> None:
    objective = Objective(prediction, 1.0, temperature)

    assert float(soft_loss(objective, student, teacher, None)) >= -1e-4
    if prediction is not Prediction.EMBEDDING or teacher.abs().sum(dim=1).min() > 1e-3:
        assert float(soft_loss(objective, teacher, teacher, None)) == pytest.approx(0, abs=1e-4)


def test_padding_counts_for_nothing() -> None:
    counts = torch.tensor([[True, True, False]])
    student, teacher = torch.randn(1, 3, 4), torch.randn(1, 3, 4)
    other = student.clone()
    other[:, 2] += 100

    for prediction in Prediction:
        objective = Objective(prediction, 1.0, 2.0)
        expected = soft_loss(objective, student, teacher, counts)
        assert torch.allclose(soft_loss(objective, other, teacher, counts), expected)
    assert torch.allclose(hidden_loss(other, teacher, counts), hidden_loss(student, teacher, counts))


def test_tokens_without_a_label_count_for_nothing() -> None:
    objective = Objective(Prediction.TOKENS, 0.0)
    counts = torch.tensor([[True, True, True, False]])
    scores, labels = torch.randn(1, 4, 3), torch.tensor([[2, NO_LABEL, 0, 1]])

    found = hard_loss(objective, scores, labels, counts)

    assert torch.allclose(found, torch.nn.functional.cross_entropy(scores[0, [0, 2]], labels[0, [0, 2]]))
    right = scores.argmax(dim=-1)[0]
    assert right_share(scores, labels, counts) == (float(right[0] == 2) + float(right[2] == 0)) / 2


def test_probabilities_are_trained_like_the_scores_that_they_come_from() -> None:
    objective = Objective(Prediction.CLASSIFICATION, 0.5)
    scores, labels = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, -3.0]]), torch.tensor([0, 2])

    plain = hard_loss(objective, scores, labels, None)

    assert torch.allclose(plain, torch.nn.functional.cross_entropy(scores, labels))
    assert torch.allclose(hard_loss(objective, scores.softmax(dim=1), labels, None), plain, atol=1e-5)
