"""Run a torch model once on generated rows, and keep what it did. Imports torch."""

from typing import Any

import torch

from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature
from optimizers.signature_probe import SMALL, probe_inputs


def traced(model: FormedModel) -> Any:  # noqa: ANN401 - a torch ScriptModule
    """Return a torch model in memory as TorchScript in eval mode; a module is traced, TorchScript stays as it is."""
    if model.form is Form.TORCHSCRIPT:
        return model.module.eval()
    # Not inference_mode: tensors that it makes cannot be saved. Not strict: a model may answer with a dict of tensors.
    with torch.no_grad():
        return torch.jit.trace(model.module.eval(), example_arguments(model.signature), check_trace=False, strict=False)


def example_arguments(signature: Signature, size: int = SMALL) -> tuple[Any, ...]:
    """Return generated tensors for one call of so many rows, in the order of the inputs."""
    arrays = probe_inputs(signature.inputs, size)
    return tuple(torch.from_numpy(arrays[spec.name]) for spec in signature.inputs)
