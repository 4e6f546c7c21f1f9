"""A function of the user trains, and what goes wrong in it is said with its file and line."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.magnitude_pruning import MagnitudePruning
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature, TensorSpec
from optimizers.training_function import TrainingFunction

SIGNATURE = Signature(
    inputs=(TensorSpec(name="x", shape=("batch", 4)),), outputs=(TensorSpec(name="y", shape=("batch", 2)),)
)
NOT_CALLABLE = 7


def imitate(model: torch.nn.Module, original: torch.nn.Module) -> None:
    """Bring the model nearer to the original on random rows."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(200):
        rows = torch.randn(16, 4)
        optimizer.zero_grad()
        (model(rows) - original(rows)).square().mean().backward()
        optimizer.step()


def replaced(_model: torch.nn.Module, original: torch.nn.Module) -> torch.nn.Module:
    return torch.nn.Sequential(original)


def copied(model: torch.nn.Module, original: torch.nn.Module) -> torch.nn.Module:
    """As one does that keeps the best of its epochs."""
    best = copy.deepcopy(model)
    imitate(best, original)
    return best


def ruin(model: Any, _original: torch.nn.Module) -> None:
    with torch.no_grad():
        model.weight.fill_(torch.nan)


def fail(_model: torch.nn.Module, _original: torch.nn.Module) -> None:
    raise ZeroDivisionError("no rows")


def answer_a_number(_model: torch.nn.Module, _original: torch.nn.Module) -> int:
    return 3


def answer_another_shape(_model: torch.nn.Module, _original: torch.nn.Module) -> torch.nn.Module:
    return torch.nn.Linear(4, 5)


def model() -> FormedModel:
    torch.manual_seed(1)
    teacher, student = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)
    return FormedModel(Form.TORCH_MODULE, SIGNATURE, module=student.eval(), teacher=teacher.eval())


def test_the_model_is_trained_in_place_with_the_original_at_hand(tmp_path: Path) -> None:
    given = model()

    trained = TrainingFunction(f"{__name__}:imitate").run(given, tmp_path)

    assert trained.module is given.module
    assert not trained.module.training
    assert torch.allclose(trained.module.weight, given.teacher.weight, atol=1e-2)
    assert trained.remark == f"trained by `{__name__}:imitate`"


def test_another_module_may_be_returned(tmp_path: Path) -> None:
    assert isinstance(TrainingFunction(f"{__name__}:replaced").run(model(), tmp_path).module, torch.nn.Sequential)


def test_weights_that_are_zero_stay_so_whatever_the_function_does(tmp_path: Path) -> None:
    sparse = MagnitudePruning(0.5).run(model(), tmp_path)
    trained = TrainingFunction(f"{__name__}:imitate", keep_zeros=True).run(
        replace(sparse, teacher=model().teacher), tmp_path
    )

    assert int((trained.module.weight == 0).sum()) == 4


def test_weights_stay_zero_in_another_module_with_the_same_names(tmp_path: Path) -> None:
    sparse = replace(MagnitudePruning(0.5).run(model(), tmp_path), teacher=model().teacher)

    trained = TrainingFunction(f"{__name__}:copied", keep_zeros=True).run(sparse, tmp_path)

    assert trained.module is not sparse.module
    assert torch.equal(trained.module.weight == 0, sparse.module.weight == 0)


def test_another_module_whose_weights_have_other_names_is_refused(tmp_path: Path) -> None:
    sparse = replace(MagnitudePruning(0.5).run(model(), tmp_path), teacher=model().teacher)

    with pytest.raises(
        UnsupportedModel, match=r"loses zeros: `weight` has \(2, 4\) values, .* and nothing after training"
    ):
        TrainingFunction(f"{__name__}:replaced", keep_zeros=True).run(sparse, tmp_path)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fail", r"raised ZeroDivisionError in test_training_function\.py line \d+: no rows$"),
        ("answer_a_number", r"returned int; return the module or nothing$"),
        ("answer_another_shape", r"answers \[\(3, 5\)\], the model \[\(3, 2\)\]$"),
        ("ruin", r"left NaN or infinity in `weight`$"),
        ("absent", r"has no `absent`; correct the part after the colon$"),
        ("NOT_CALLABLE", r"which is int and cannot be called; name a function or class$"),
    ],
)
def test_what_goes_wrong_in_it_is_told(function: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"^`optimization\.training\.function`: .*" + message):
        TrainingFunction(f"{__name__}:{function}").run(model(), tmp_path)
