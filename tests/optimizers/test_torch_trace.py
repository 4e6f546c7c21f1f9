"""A trace keeps the path of one call: what would be wrong for another call is refused, and harmless readings are not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import Signature, TensorSpec
from optimizers.torch_trace import traced
from optimizers.torchscript_freeze import TorchScriptFreeze
from tests.support.small_encoder import TOKENS, small_encoder

SIGNATURE = Signature(
    inputs=(TensorSpec(name="signal", shape=("batch", "samples")),),
    outputs=(TensorSpec(name="output", shape=("batch", "output_axis_1")),),
)
Compute = Callable[[Any], Any]


class Scaled(torch.nn.Module):  # type: ignore[misc]
    """A weight, and then what a test wants to be computed."""

    def __init__(self, compute: Compute) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.5))
        self.compute = compute

    def forward(self, x: torch.Tensor) -> Any:
        return self.compute(x * self.weight)


def model(compute: Compute) -> FormedModel:
    return FormedModel(Form.TORCH_MODULE, SIGNATURE, module=Scaled(compute).eval())


def trace(compute: Compute) -> Any:
    with quiet():
        return traced(model(compute))


NUMBERS: dict[str, Compute] = {
    "a branch": lambda x: x * 2 if x.abs().max() > 20 else x,
    "an item": lambda x: x * 2 if x.abs().max().item() > 20 else x,
    "a float": lambda x: x / (float(x.abs().max()) + 1),
    "an integer": lambda x: x[:, : int(x.abs().max()) + 1],
    "a list": lambda x: x * x[0].tolist()[0],
    "an array": lambda x: x * float(x.detach().numpy().max()),
    "an array of numpy": lambda x: x + torch.from_numpy(np.asarray(x.detach())),
    "a constant": lambda x: x * torch.tensor([x.max(), x.min()])[0],
    "data": lambda x: x * x.data.max(),
    "a comparison": lambda x: x * 2 if torch.equal(x, x.abs()) else x,
    "a number that is not zero": lambda x: x * 2 if x.max().is_nonzero() else x,
    "how many are picked": lambda x: x * 2 if x[x > 20].shape[0] > 3 else x,
    "how many are not zero": lambda x: x * 2 if len(x.nonzero()) > 3 else x,
    "a size from numbers": lambda x: x * 2 if torch.zeros(int(x.shape[0]) + x.max().long()).shape[0] > 9 else x,
}
SIZES: dict[str, Compute] = {
    "the smaller of two": lambda x: x[:, : min(x.shape[1], 30)],
    "an integer": lambda x: x[:, : min(int(x.shape[1]), 30)],
    "a branch": lambda x: x * 2 if x.shape[1] > 500 else x,
    "a number": lambda x: x * float(x.shape[1]),
    "a loop": lambda x: sum((x[:, index : index + 1] for index in range(x.shape[1])), x[:, :1]),
    "rows": lambda x: torch.stack([row * 2 for row in x]),
    "pieces": lambda x: torch.cat([piece.flip(1) for piece in x.split(10, dim=1)], dim=1),
    "a length": lambda x: x * len(x),
}
HARMLESS: dict[str, Compute] = {
    "a size": lambda x: x[:, : x.shape[1] // 2 + 1] * x.shape[1],
    "a check": lambda x: x if x.shape[1] > 0 and x.shape[0] != 0 else x.unknown,
    "two ways to the same": lambda x: x.sum(1, keepdim=True) if x.shape[1] > 30 else x.cumsum(1)[:, -1:],
    "a number of its own": lambda x: x * torch.arange(3).max().item(),
}


@pytest.mark.parametrize("compute", NUMBERS.values(), ids=NUMBERS)
def test_what_the_numbers_of_an_input_decide_is_refused_and_the_line_is_named(compute: Compute) -> None:
    place = rf"\(test_torch_trace\.py, line {compute.__code__.co_firstlineno}\)"
    with pytest.raises(UnsupportedModel, match=rf"depends on the numbers in a tensor.* {place}; .* torch\.where"):
        trace(compute)


@pytest.mark.parametrize("compute", SIZES.values(), ids=SIZES)
def test_what_sizes_decide_is_refused_where_the_trace_is_wrong_for_another_size(compute: Compute) -> None:
    with pytest.raises(UnsupportedModel, match=r"wrongly where the axis `\w+` is \d+: .*test_torch_trace\.py, line"):
        trace(compute)


@pytest.mark.parametrize("compute", HARMLESS.values(), ids=HARMLESS)
def test_what_answers_alike_for_every_size_is_traced(compute: Compute) -> None:
    script = trace(compute)

    for shape in ((1, 3), (4, 200)):
        rows = torch.randn(shape, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            assert torch.allclose(script(rows), Scaled(compute)(rows), atol=1e-4)


def test_a_transformer_is_traced_though_its_masks_look_at_sizes() -> None:
    encoder = small_encoder()
    with quiet():
        script = traced(encoder)

    with torch.no_grad():
        assert torch.allclose(script(*TOKENS), encoder.module(*TOKENS), atol=1e-5)


def test_torchscript_needs_no_trace_and_keeps_its_branches() -> None:
    class Gate(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 2 if bool(x.max() > 20) else x

    with quiet():
        script = traced(FormedModel(Form.TORCHSCRIPT, SIGNATURE, module=torch.jit.script(Gate().eval())))

    assert script(torch.full((1, 1), 30.0)).item() == 60
    assert script(torch.full((1, 1), 3.0)).item() == 3


def test_no_file_is_written_of_a_model_that_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel):
        TorchScriptFreeze().run(model(NUMBERS["a branch"]), tmp_path)

    assert not list(tmp_path.iterdir())
