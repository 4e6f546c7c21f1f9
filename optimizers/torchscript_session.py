"""Open a TorchScript file that the build wrote. Imports torch, so it is imported where a model is loaded."""

from pathlib import Path

from optimizers.session import Session, cannot_load
from optimizers.signature import Signature
from optimizers.torch_session import TorchSession
from optimizers.torchscript_operators import load_module


def open_torchscript(model: Path, signature: Signature, threads: int) -> Session:
    """
    Load a TorchScript file whose operators only compute; outputs are named in the order of `signature`.

    Raises:
        ArtifactError: torch cannot load the file, or it does more than compute.
    """
    try:
        module = load_module(model)
    except (RuntimeError, ValueError, OSError) as error:
        raise cannot_load(model, error) from error
    inputs = tuple(spec.name for spec in signature.inputs)
    outputs = tuple(spec.name for spec in signature.outputs)
    return TorchSession(module, inputs, outputs, threads)
