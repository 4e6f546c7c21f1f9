"""Set the weights of a torch module to zero that are nearest to it."""

import copy
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.passes import Form, FormedModel


@dataclass(frozen=True, slots=True)
class MagnitudePruning:
    """
    Unstructured pruning over all layers together: smaller once it is compressed, and no faster.

    Attributes:
        share: Of the weights of convolutions and linear layers.
    """

    share: float

    name: ClassVar[str] = "magnitude-pruning"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.TORCH_MODULE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:  # noqa: ARG002 - the result is in memory
        """
        Return a copy with zeros.

        Raises:
            UnsupportedModel: It has no convolution and no linear layer.
            MissingExtra: torch is not installed.
        """
        try:
            from torch.nn.utils import prune

            from optimizers.zeroed_weights import ZeroedWeights, weighted_layers
        except ImportError:
            raise MissingExtra("torch", "magnitude pruning") from None
        pruned = copy.deepcopy(model.module)
        weights = [(layer, "weight") for layer in weighted_layers(pruned)]
        if not weights:
            raise UnsupportedModel("it has no convolution and no linear layer whose weights could become zero")
        before = _compressed_bytes(pruned)
        prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=self.share)
        for layer, name in weights:
            prune.remove(layer, name)
        ZeroedWeights(pruned).restore()
        ratio = _compressed_bytes(pruned) / before
        remark = (
            f"{self.share:.0%} of the weights are zero: {ratio:.2f} of the size once compressed, no less arithmetic"
        )
        return model.smaller(pruned, remark)


def _compressed_bytes(module: Any) -> int:  # noqa: ANN401 - a torch module
    """Return the size of all parameters after gzip's algorithm at its fastest, for all of a large model is read."""
    return sum(len(zlib.compress(value.detach().numpy().tobytes(), level=1)) for value in module.parameters())
