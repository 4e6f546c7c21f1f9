"""Let a function of the user train a pruned model or a student."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.compression import TRAINING_FUNCTION
from optimizers.errors import UnsupportedModel, short_reason
from optimizers.named_callable import import_callable, place_of
from optimizers.passes import Form, FormedModel
from optimizers.signature_probe import SMALL, probe_inputs


@dataclass(frozen=True, slots=True)
class TrainingFunction:
    """
    Training by `function(model, original)`, which trains `model` in place, or returns what is to be used instead.

    Attributes:
        function: `package.module:callable`.
        seed: Of torch's random numbers before the call.
        keep_zeros: Whether weights that are zero before are zero after.
    """

    function: str
    seed: int = 0
    keep_zeros: bool = False

    name: ClassVar[str] = "training-function"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.TORCH_MODULE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:  # noqa: ARG002 - the result is in memory
        """
        Call the function.

        Raises:
            UnsupportedModel: There is no such function, it raises, or what it leaves does not answer as the model does.
        """
        import torch

        from optimizers.zeroed_weights import ZeroedWeights

        function = import_callable(self.function, TRAINING_FUNCTION)
        zeroed = ZeroedWeights(model.module) if self.keep_zeros else None
        torch.manual_seed(self.seed)
        try:
            given: Any = function(model.module.train(), model.teacher)
        except Exception as error:
            reason = f"{type(error).__name__} in {place_of(error)}: {short_reason(error)}"
            raise UnsupportedModel(f"`{TRAINING_FUNCTION}`: `{self.function}` raised {reason}") from error
        if given is not None and not isinstance(given, torch.nn.Module):
            raise UnsupportedModel(
                f"`{TRAINING_FUNCTION}`: `{self.function}` returned {type(given).__name__}; return the module or nothing"
            )
        trained = model.module if given is None else given
        if zeroed is not None:
            try:
                zeroed.restore(trained)
            except UnsupportedModel as error:
                raise UnsupportedModel(f"`{TRAINING_FUNCTION}`: `{self.function}` loses zeros: {error}") from None
        trained.eval()
        self._check(model, trained)
        remark = f"trained by `{self.function}`"
        return FormedModel(Form.TORCH_MODULE, model.signature, module=trained, teacher=model.teacher, remark=remark)

    def _check(self, model: FormedModel, trained: Any) -> None:  # noqa: ANN401 - a torch module
        import torch

        from optimizers.torch_arguments import answered_shapes

        name = next((name for name, value in trained.named_parameters() if not torch.isfinite(value).all()), None)
        if name is not None:
            raise UnsupportedModel(f"`{TRAINING_FUNCTION}`: `{self.function}` left NaN or infinity in `{name}`")
        arrays = probe_inputs(model.signature.inputs, SMALL)
        wanted, found = (answered_shapes(item, model.signature, arrays) for item in (model.teacher, trained))
        if found != wanted:
            raise UnsupportedModel(
                f"`{TRAINING_FUNCTION}`: what `{self.function}` trained answers {found}, the model {wanted}"
            )
