"""Run a torch model once on generated rows, and keep what it did. Imports torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from optimizers.errors import UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.signature import BATCH, Signature, TensorSpec
from optimizers.signature_probe import SMALL, probe_inputs, tried_sizes
from optimizers.torch_arguments import parameters
from optimizers.torch_session import named_outputs
from optimizers.trace_readings import Readings

# Weights times rows or positions, half the operations of a call; above it a call takes more than about 10 s on two cores.
LARGEST_CALL = 5e11
# The same operators on the same machine: more is another path.
RELATIVE, ABSOLUTE = 1e-3, 1e-5


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    What each dynamic axis is tried with, while the others are as in the traced call.

    A limit between two of the sizes shows; one above the last does not, nor a branch for a single size between them.
    """

    batches: tuple[int, ...]
    lengths: tuple[int, ...]


# Few rows, since an image costs a large model a second. 512 and 1024 are the longest inputs of BERT and GPT-2; from there on
# attention takes gigabytes.
TRACED_SIZES = Sizes(batches=(1, 8), lengths=(1, 8, 64, 512, 1024))


@dataclass(frozen=True, slots=True)
class Call:
    """
    Generated tensors in the order of the inputs.

    Attributes:
        axis: Which axis has another size than usual.
        size: Its size.
    """

    axis: str
    size: int
    arguments: tuple[Any, ...]


def traced(model: FormedModel) -> Any:  # noqa: ANN401 - a torch ScriptModule
    """
    Return a torch model in memory as TorchScript in eval mode; a module is traced, TorchScript stays as it is.

    A trace keeps the path that one call took. What the numbers of an input decide is refused, since samples may not show it. What
    sizes decide is refused where module and trace differ for one of `TRACED_SIZES`: in most models it is a check, as of the number of
    channels, or a way to compute the same, as with a mask or without.

    Raises:
        UnsupportedModel: A number or a size would be baked in.
    """
    if model.form is Form.TORCHSCRIPT:
        return model.module.eval()
    module, readings = model.module.eval(), Readings()
    with torch.no_grad():
        # The mode turns off fast paths of torch, so what it watches is thrown away.
        with readings:
            _trace(module, model.signature)
        script = _trace(module, model.signature)
        if readings.sizes:
            check_sizes(module, script, model.signature, tuple(readings.sizes))
    return script


def example_arguments(signature: Signature, size: int = SMALL) -> tuple[Any, ...]:
    """Return generated tensors for one call of so many rows, in the order of the inputs."""
    arrays = probe_inputs(signature.inputs, size)
    return tuple(torch.from_numpy(arrays[spec.name]) for spec in signature.inputs)


def check_sizes(
    module: Any,  # noqa: ANN401 - a torch module
    recorded: Any,  # noqa: ANN401 - a torch module
    signature: Signature,
    places: tuple[str, ...] = (),
    sizes: Sizes = TRACED_SIZES,
) -> None:
    """
    Compare a module with what was recorded of one call, for calls in which one dynamic axis has another size.

    Args:
        module: The model, which may refuse a size.
        recorded: Answers like it, if all is well.
        signature: Its inputs have the dynamic axes.
        places: Where sizes decide, for the error.
        sizes: What they are tried with.

    Raises:
        UnsupportedModel: They differ.
    """
    for call in _calls(module, signature, sizes):
        expected = _answered(module, call)
        # None where the model itself does not take this size.
        if expected is not None and not _answers_alike(recorded, call, expected):
            where = f" ({'; '.join(places[:3])})" if places else ""
            raise UnsupportedModel(
                f"a trace answers wrongly where the axis `{call.axis}` is {call.size}: a branch, a loop or a number depends on "
                f"its size{where}; give the model as TorchScript, by torch.jit.script"
            )


def _calls(module: Any, signature: Signature, sizes: Sizes) -> Iterator[Call]:  # noqa: ANN401 - a torch module
    usual = {axis: size for size, axis in tried_sizes(signature.inputs, SMALL).items()}
    weights = max(parameters(module), 1)
    for axis in usual:
        for size in sizes.batches if axis == BATCH else sizes.lengths:
            if weights * size <= LARGEST_CALL:
                random = np.random.default_rng(size)
                filled = (_filled(spec, {**usual, axis: size}, random) for spec in signature.inputs)
                yield Call(axis, size, tuple(filled))


def _filled(spec: TensorSpec, sizes: Mapping[str, int], random: np.random.Generator) -> Any:  # noqa: ANN401 - a torch.Tensor
    """Return numbers around 0, or zeros and ones, which are tokens and masks; the first of a row is 1, as no mask hides all."""
    shape = [sizes[axis] if isinstance(axis, str) else axis for axis in spec.shape]
    if spec.dtype.startswith("float"):
        return torch.from_numpy(random.standard_normal(shape).astype(spec.dtype))
    values = random.integers(0, 2, shape)
    values[..., 0] = 1
    return torch.from_numpy(values.astype(spec.dtype))


def _trace(module: Any, signature: Signature) -> Any:  # noqa: ANN401 - a torch ScriptModule
    # Under no_grad, not inference_mode: tensors that it makes cannot be saved. Not strict: a model may answer with a dict of tensors.
    return torch.jit.trace(module, example_arguments(signature), check_trace=False, strict=False)


def _answered(module: Any, call: Call) -> dict[str, Any] | None:  # noqa: ANN401 - a torch module
    """Return the outputs of a call by name; None where it fails."""
    try:
        return named_outputs(module(*call.arguments))
    except Exception:  # noqa: BLE001 - a module may raise anything
        return None


def _answers_alike(recorded: Any, call: Call, expected: dict[str, Any]) -> bool:  # noqa: ANN401 - a torch module
    found = _answered(recorded, call)
    return found is not None and all(
        found[name].shape == value.shape
        and torch.allclose(found[name], value, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
        for name, value in expected.items()
    )
