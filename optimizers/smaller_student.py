"""Make a student: a smaller torch module that is to answer as the original does."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.compression import LAYERS, STUDENT, WIDTH, Importance
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature_probe import SMALL, probe_inputs


@dataclass(frozen=True, slots=True)
class SmallerStudent:
    """
    Some of the teacher's layers with their weights, or some of its channels, or an architecture of the user.

    Leaving out every second layer is how DistilBERT was made (Sanh et al. 2019, section 2).

    Attributes:
        student: `layers`, `width` or `package.module:callable`.
        size: Share of the blocks or channels that it has.
        seed: Of the weights of the user's architecture.
    """

    student: str
    size: float
    seed: int = 0

    name: ClassVar[str] = "smaller-student"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.TORCH_MODULE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:  # noqa: ARG002 - the result is in memory
        """
        Return the student, untrained.

        Raises:
            UnsupportedModel: It cannot be made of this model, or answers in another shape.
            MissingExtra: torch or, for `width`, torch-pruning is not installed.
        """
        from optimizers.torch_arguments import parameters

        with quiet():
            student, how = self._made(model)
            student.eval()
            _check_answers(model, student)
        remark = f"{how}, {parameters(model.module):,} -> {parameters(student):,} parameters"
        return model.smaller(student, remark)

    def _made(self, model: FormedModel) -> tuple[Any, str]:
        import torch

        from optimizers.repeated_blocks import leave_out_blocks

        if self.student == LAYERS:
            student = copy.deepcopy(model.module)
            before, after = leave_out_blocks(student, self.size)
            return student, f"{after} of {before} blocks"
        if self.student == WIDTH:
            try:
                from optimizers.removed_channels import remove_channels
            except ImportError:
                raise MissingExtra("prune", "a student of fewer channels") from None
            student = copy.deepcopy(model.module)
            remove_channels(student, model.signature, 1 - self.size, Importance.L2, ())
            return student, f"{self.size:.0%} of the channels"
        from optimizers.named_module import build_module

        torch.manual_seed(self.seed)
        return build_module(self.student, STUDENT), f"`{self.student}`"


def _check_answers(model: FormedModel, student: Any) -> None:  # noqa: ANN401 - a torch module

    from optimizers.torch_arguments import answered_shapes

    arrays = probe_inputs(model.signature.inputs, SMALL)
    wanted = answered_shapes(model.module, model.signature, arrays)
    try:
        found = answered_shapes(student, model.signature, arrays)
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UnsupportedModel(f"`{STUDENT}`: the student does not run on the model's inputs ({error})") from error
    if found != wanted:
        raise UnsupportedModel(f"`{STUDENT}`: the student answers {found}, the model {wanted}; correct the student")
