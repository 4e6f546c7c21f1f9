"""Remove the channels and attention heads of a torch module that count least."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.compression import Importance
from optimizers.errors import MissingExtra
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet


@dataclass(frozen=True, slots=True)
class StructuredPruning:
    """
    Structured pruning: the arithmetic that is taken away is not done any more.

    Attributes:
        share: Of the channels of each layer, and of the heads of each attention.
        importance: How they are ranked.
        ignored: Names of modules that are left alone.
    """

    share: float
    importance: Importance = Importance.L2
    ignored: tuple[str, ...] = ()

    name: ClassVar[str] = "structured-pruning"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.TORCH_MODULE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:  # noqa: ARG002 - the result is in memory
        """
        Return a pruned copy.

        Raises:
            UnsupportedModel: torch-pruning cannot follow the model, or nothing of it can be removed.
            MissingExtra: torch-pruning is not installed.
        """
        try:
            from optimizers.removed_channels import remove_channels
        except ImportError:
            raise MissingExtra("prune", "structured pruning") from None
        from optimizers.torch_arguments import parameters

        pruned = copy.deepcopy(model.module)
        with quiet():
            remove_channels(pruned, model.signature, self.share, self.importance, self.ignored)
        remark = f"{self.share:.0%} of the channels removed, {parameters(model.module):,} -> {parameters(pruned):,} parameters"
        return model.smaller(pruned, remark)
