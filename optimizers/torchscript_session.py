"""Open a TorchScript file that the build wrote. Imports torch, so it is imported where a model is loaded."""

from pathlib import Path

import torch

from optimizers.quiet import quiet
from optimizers.session import Session, cannot_load
from optimizers.signature import Signature
from optimizers.torch_session import TorchSession


def open_torchscript(model: Path, signature: Signature, threads: int) -> Session:
    """
    Load a TorchScript file, which holds no Python code; outputs are named in the order of `signature`.

    Raises:
        ArtifactError: torch cannot load the file.
    """
    try:
        with quiet():
            module = torch.jit.load(model, map_location="cpu")
    except (RuntimeError, ValueError, OSError) as error:
        raise cannot_load(model, error) from error
    inputs = tuple(spec.name for spec in signature.inputs)
    outputs = tuple(spec.name for spec in signature.outputs)
    return TorchSession(module, inputs, outputs, threads)
