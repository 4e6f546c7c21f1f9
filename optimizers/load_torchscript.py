"""Load TorchScript models. Imports torch."""

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.signature_probe import probe_outputs
from optimizers.torch_session import TorchSession
from optimizers.torchscript_operators import load_module
from optimizers.vocabulary import Runtime

SUFFIXES = frozenset({".pt", ".ts", ".pth"})


def load_torchscript(source: ModelSource, threads: int) -> Original:
    """
    Load a TorchScript file; its names and shapes come from `source.inputs`.

    Raises:
        UnsupportedModel: The file is damaged, in another format, does more than compute, or the inputs are not declared.
    """
    if source.path.is_dir():
        raise UnsupportedModel(f"{source.path}: is a folder, one file is needed; give the file of torch.jit.save")
    if source.path.suffix not in SUFFIXES:
        raise UnsupportedModel(
            f"{source.path}: got the suffix `{source.path.suffix}`; a TorchScript file ends in .pt or .ts"
        )
    if not source.inputs:
        raise UnsupportedModel(
            f"{source.path}: TorchScript does not tell its inputs; set `model.inputs` (name, dtype, shape of each)"
        )
    try:
        module = load_module(source.path)
    except (RuntimeError, ValueError, OSError) as error:
        raise damaged(source.path, error) from None
    inputs = tuple(spec.name for spec in source.inputs)
    signature, names = probe_outputs(TorchSession(module, inputs, None, threads), source)
    session = TorchSession(module, inputs, names, threads)
    return Original(FormedModel(Form.TORCHSCRIPT, signature, module=session.module), session, Runtime.PYTORCH)
