"""Run the original torch module. Imports torch, so it is imported where a model is loaded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from optimizers.errors import UnsupportedModel

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TorchSession:
    """
    A torch module in eval mode, run eagerly or as TorchScript, without gradients.

    Args:
        module: Takes the inputs by position, in the order of `inputs`.
        inputs: Input names.
        outputs: Output names; None where they are not known yet, which names them `output`, or `output_0`, `output_1`.
        threads: Threads that compute one call; torch has one setting for the whole process.
    """

    def __init__(self, module: Any, inputs: tuple[str, ...], outputs: tuple[str, ...] | None, threads: int) -> None:  # noqa: ANN401 - a torch module
        torch.set_num_threads(threads)
        self.module = module.eval()
        self._inputs = inputs
        self._outputs = outputs

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """
        Return every named output for one batch.

        Raises:
            UnsupportedModel: The module gives something other than tensors.
        """
        with torch.inference_mode():
            result = self.module(*(torch.from_numpy(inputs[name]) for name in self._inputs))
        named = named_outputs(result)
        names = self._outputs or tuple(named)
        return {name: value.numpy() for name, value in zip(names, named.values(), strict=True)}


def named_outputs(result: Any) -> dict[str, torch.Tensor]:  # noqa: ANN401 - whatever the module returns
    """
    Return what a module gave as tensors with names: its own, or those of `TorchSession`.

    Raises:
        UnsupportedModel: It gave something other than tensors.
    """
    if isinstance(result, torch.Tensor):
        return {"output": result}
    if isinstance(result, tuple | list):
        result = {f"output_{index}": value for index, value in enumerate(result)}
    if isinstance(result, Mapping) and result and all(isinstance(value, torch.Tensor) for value in result.values()):
        return dict(result)
    raise UnsupportedModel(
        f"the model returns {type(result).__name__}; a tensor, a tuple or a dict of tensors can be served; wrap the model"
    )
