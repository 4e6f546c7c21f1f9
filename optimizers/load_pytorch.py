"""Load PyTorch models: Hugging Face folders, and weights with an architecture. Imports torch."""

import pickle
from pathlib import Path
from typing import Any

import torch

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.huggingface import load_huggingface
from optimizers.huggingface_files import TOKENIZER_FILE
from optimizers.huggingface_images import PROCESSOR_FILE, load_image_model
from optimizers.load_torch_export import is_program, load_torch_export
from optimizers.model_source import ModelSource
from optimizers.named_module import build_module
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature_probe import probe_outputs
from optimizers.torch_session import TorchSession
from optimizers.vocabulary import Runtime

SAFETENSORS = ".safetensors"
ARCHITECTURE = "model.architecture"
PICKLES = frozenset({".pt", ".pth", ".bin"})


def load_pytorch(source: ModelSource, threads: int) -> Original:
    """
    Load a folder in the Hugging Face layout, a torch.export program, or a file of weights into `source.architecture`.

    Raises:
        UnsupportedModel: The file is damaged or holds code, or weights and architecture do not fit.
        MissingExtra: A library that reads the file is not installed.
    """
    if source.path.is_dir():
        has_images = (source.path / PROCESSOR_FILE).is_file() and not (source.path / TOKENIZER_FILE).is_file()
        return (load_image_model if has_images else load_huggingface)(source, threads)
    if is_program(source.path):
        return load_torch_export(source, threads)
    # The file first: whoever has pickled a whole module is told to save something else, not to set an architecture.
    with quiet():
        weights = _read_weights(source.path)
    if source.architecture is None or not source.inputs:
        missing = "architecture" if source.architecture is None else "inputs"
        raise UnsupportedModel(
            f"{source.path}: holds weights only; set `model.{missing}`, or give a Hugging Face folder, TorchScript or ONNX"
        )
    module = build_module(source.architecture, ARCHITECTURE)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        mismatch = " ".join(str(error).split())[:300]
        raise UnsupportedModel(
            f"{source.path}: the weights do not fit `{source.architecture}` ({mismatch}); correct `model.architecture`"
        ) from None
    session = TorchSession(module, tuple(spec.name for spec in source.inputs), None, threads)
    signature, names = probe_outputs(session, source)
    named = TorchSession(module, tuple(spec.name for spec in source.inputs), names, threads)
    return Original(FormedModel(Form.TORCH_MODULE, signature, module=module), named, Runtime.PYTORCH)


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix == SAFETENSORS:
        try:
            from safetensors import SafetensorError
            from safetensors.torch import load_file
        except ImportError:
            raise MissingExtra("torch", "reading a .safetensors file") from None
        try:
            return dict(load_file(path))
        except (SafetensorError, OSError) as error:
            raise damaged(path, error) from None
    if path.suffix not in PICKLES:
        raise UnsupportedModel(f"{path}: got the suffix `{path.suffix}`; use .safetensors, .pt2, .pt, .pth or .bin")
    return _unpickle(path)


def _unpickle(path: Path) -> dict[str, torch.Tensor]:
    """Read tensors and nothing else: `weights_only` refuses code, and there is no second try without it."""
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "TorchScript" in str(error):
            raise UnsupportedModel(f"{path}: is TorchScript; set `model_format` to torchscript") from None
        raise UnsupportedModel(
            f"{path}: damaged, or holds pickled code or a whole module instead of tensors; "
            f"save the state dict with safetensors and give that file"
        ) from None
    except Exception as error:  # noqa: BLE001 - a damaged file makes torch raise almost anything
        if "TorchScript" in str(error):
            raise UnsupportedModel(f"{path}: is TorchScript; set `model_format` to torchscript") from None
        raise damaged(path, error) from None
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise UnsupportedModel(
            f"{path}: holds {type(content).__name__} with more than tensors; save `model.state_dict()` alone"
        )
    return content
