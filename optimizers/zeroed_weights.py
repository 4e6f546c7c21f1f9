"""Keep weights at zero that pruning set to zero, while the others are trained. Imports torch."""

from collections.abc import Iterator
from typing import Any

import torch

from optimizers.errors import UnsupportedModel

CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)


def weighted_layers(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Yield the layers whose weights are pruned one by one."""
    return (layer for layer in module.modules() if isinstance(layer, (*CONVOLUTIONS, torch.nn.Linear)))


class ZeroedWeights:
    """
    Where the weights of a module are zero.

    Args:
        module: As pruning left it.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module
        weights: set[int] = {id(layer.weight) for layer in weighted_layers(module)}
        self._zeros = {
            name: parameter.detach() == 0 for name, parameter in module.named_parameters() if id(parameter) in weights
        }

    def restore(self, trained: torch.nn.Module | None = None) -> None:
        """
        Set them to zero again.

        Args:
            trained: A module with the same weights by name; None for the one that pruning left.

        Raises:
            UnsupportedModel: It lacks one of these weights, or has it in another shape.
        """
        parameters: dict[str, Any] = dict((self._module if trained is None else trained).named_parameters())
        for name, zeros in self._zeros.items():
            found = tuple(parameters[name].shape) if name in parameters else "nothing"
            if found != tuple(zeros.shape):
                raise UnsupportedModel(
                    f"`{name}` has {tuple(zeros.shape)} values, some of them zero, and {found} after training; keep the "
                    "names and shapes of the weights, or train the module in place"
                )
        with torch.no_grad():
            for name, zeros in self._zeros.items():
                # Not multiplied: a mixture of 0.0 and -0.0 compresses worse.
                parameters[name].masked_fill_(zeros, 0.0)
