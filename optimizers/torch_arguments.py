"""Call a torch module with named arrays, and count what it has. Imports torch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from optimizers.signature import Signature
from optimizers.torch_session import named_outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray


def arguments(signature: Signature, arrays: "Mapping[str, NDArray[Any]]") -> tuple[torch.Tensor, ...]:
    """Return the arrays as tensors in call order."""
    return tuple(torch.from_numpy(arrays[spec.name]) for spec in signature.inputs)


def parameters(module: torch.nn.Module) -> int:
    """Return how many numbers a module has learnt."""
    return sum(parameter.numel() for parameter in module.parameters())


def answered_shapes(
    module: torch.nn.Module, signature: Signature, arrays: "Mapping[str, NDArray[Any]]"
) -> list[tuple[int, ...]]:
    """Return the shape of each output for these inputs."""
    with torch.no_grad():
        return [tuple(value.shape) for value in named_outputs(module(*arguments(signature, arrays))).values()]
