"""Pruning, distillation and training as a stack asks for them."""

from pathlib import Path
from typing import Any

import pytest

from optimizers.compression import Importance, PruningKind
from optimizers.errors import InvalidArgs
from stacks.arguments import model_source, optimization_goal
from stacks.spec import CONFIG_KEY, ServingSpec
from stacks.spec_issues import parse_spec

TRAINING = {"data": "digits.npz"}


def spec(**optimization: Any) -> ServingSpec:
    return parse_spec(
        {"task_type": "deploy_model", "model": {"path": "model.pt"}, "optimization": optimization}, "test"
    )


def refusal(**optimization: Any) -> str:
    with pytest.raises(InvalidArgs) as caught:
        spec(**optimization)
    assert all(issue.path.startswith(f"{CONFIG_KEY}.optimization") for issue in caught.value.issues)
    return str(caught.value)


def test_nothing_is_pruned_or_trained_unless_it_is_asked_for() -> None:
    goal = optimization_goal(spec())

    assert (goal.pruning, goal.distillation, goal.training) == (None, None, None)


def test_an_empty_part_asks_for_the_defaults() -> None:
    goal = optimization_goal(spec(pruning={}, distillation={}, training=TRAINING))

    assert goal.pruning is not None
    assert (goal.pruning.kind, goal.pruning.share) == (PruningKind.STRUCTURED, 0.5)
    assert goal.distillation is not None
    assert (goal.distillation.student, goal.distillation.size) == ("layers", 0.5)
    assert goal.training is not None
    assert (goal.training.loop.epochs, goal.training.timeout_s) == (10, 14_400)
    assert goal.user_code == {}


def test_every_field_reaches_the_optimizers() -> None:
    goal = optimization_goal(
        spec(
            pruning={"kind": "magnitude", "share": 0.7, "importance": "l1", "ignored": ["head"]},
            distillation={"student": "my.nets:Small", "size": 0.25, "temperature": 4.0, "soft_share": 1.0},
            training={"function": "my.training:train", "seed": 7, "epochs": 2.0, "timeout_s": 60},
        )
    )

    assert goal.pruning is not None
    assert goal.pruning.model_dump() == {
        "kind": PruningKind.MAGNITUDE, "share": 0.7, "importance": Importance.L1, "ignored": ("head",),
    }  # fmt: skip
    assert goal.distillation is not None
    assert goal.distillation.model_dump() == {
        "student": "my.nets:Small", "size": 0.25, "temperature": 4.0, "soft_share": 1.0,
    }  # fmt: skip
    assert goal.training is not None
    assert (goal.training.loop.seed, goal.training.loop.epochs, goal.training.timeout_s) == (7, 2, 60)
    assert goal.user_code == {
        "optimization.training.function": "my.training:train",
        "optimization.distillation.student": "my.nets:Small",
    }


def test_training_data_are_looked_up_in_the_project(tmp_path: Path) -> None:
    asked = spec(pruning={}, training=TRAINING)
    (tmp_path / "model.pt").touch()
    with pytest.raises(InvalidArgs, match=r"optimization\.training\.data: got `digits\.npz`; there is no such file"):
        model_source(asked, tmp_path)

    (tmp_path / "digits.npz").touch()

    assert model_source(asked, tmp_path).training == tmp_path / "digits.npz"


@pytest.mark.parametrize(
    ("optimization", "message"),
    [
        ({"pruning": {"share": 0}}, "pruning.share: got `0`; it must be at least 0.01; use 0.01 or more"),
        ({"pruning": {"share": 1}}, "pruning.share: got `1`; it must be at most 0.95; use 0.95 or less"),
        ({"pruning": {"kind": "some"}}, "pruning.kind: got `\"some\"`; it must be one of 'structured' or 'magnitude'"),
        ({"pruning": {"importance": "l3"}}, "pruning.importance: got `\"l3\"`; it must be one of 'l1' or 'l2'"),
        ({"pruning": {"shar": 0.5}}, "pruning.shar: got `0.5`; there is no such field; did you mean `share`?"),
        ({"pruning": {}, "training": {"data": "x", "epochs": 0}}, "training.epochs: got `0`; it must be at least 1"),
        ({"pruning": {}, "training": {"data": "x", "learning_rate": 0}}, "learning_rate: got `0`; it must be above 0"),
        ({"pruning": {}, "training": {"function": "train.py"}}, 'training.function: got `"train.py"`; it must match'),
        ({"distillation": {"student": "half"}, "training": TRAINING}, 'student: got `"half"`; it must match'),
        ({"distillation": {}}, "distillation: got no `training`; a student that is not trained answers nothing like"),
        ({"training": TRAINING}, "training: got no `pruning` and no `distillation`; only a pruned or smaller model"),
        ({"pruning": {}, "training": {}}, "training: got neither `data` nor `function`; our loop trains on `data`"),
        (
            {"pruning": {}, "training": {"data": "x", "function": "my.code:train"}},
            "training: got `data` and `function`; our loop trains on `data`, or a `function` trains on its own; remove one",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(optimization: dict[str, Any], message: str) -> None:
    assert message in refusal(**optimization)


def test_every_broken_rule_is_in_one_error() -> None:
    said = refusal(
        pruning={"share": 2}, distillation={"size": 0}, training={"data": "", "batch_size": 1, "held_out": 1}
    )

    assert said.startswith("5 problems")
