"""Keep weights at zero that pruning set to zero, while the others are trained. Imports torch."""

from collections.abc import Iterator
from typing import Any

import torch

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
        weights: list[Any] = [layer.weight for layer in weighted_layers(module)]
        self._zeros = [(weight, weight.detach() == 0) for weight in weights]

    def restore(self) -> None:
        """Set them to zero again."""
        with torch.no_grad():
            for weight, zeros in self._zeros:
                # Not multiplied: a mixture of 0.0 and -0.0 compresses worse.
                weight.masked_fill_(zeros, 0.0)
