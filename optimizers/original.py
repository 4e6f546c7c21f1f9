"""The original model, loaded: the reference that every candidate is compared with."""

import os
from dataclasses import dataclass
from pathlib import Path

from optimizers.artifact import Tokenizer
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.model_folder import check_folder, printable
from optimizers.model_source import ModelSource
from optimizers.passes import FormedModel
from optimizers.session import Session
from optimizers.vocabulary import ModelFormat, Runtime


@dataclass(frozen=True, slots=True)
class Original:
    """
    A loaded model and how to run it.

    Attributes:
        model: The form that the first pass starts from.
        session: Runs the model as its framework does.
        tokenizer: Present when the model takes text.
        tokenizer_file: The `tokenizer.json` that belongs to it.
    """

    model: FormedModel
    session: Session
    runtime: Runtime
    tokenizer: Tokenizer | None = None
    tokenizer_file: Path | None = None


def load_original(source: ModelSource, threads: int) -> Original:
    """
    Load the original model; no code that a model file may carry is run.

    Args:
        source: Where the model lies and what its files cannot tell.
        threads: Threads that compute one call.

    Raises:
        UnsupportedModel: The file is missing, damaged, unsafe or in another format than the spec says.
        MissingExtra: The framework is not installed.
    """
    check_readable(source.path)
    if source.model_format is ModelFormat.ONNX:
        try:
            from optimizers.load_onnx import load_onnx
        except ImportError:
            raise MissingExtra("onnx", "loading an ONNX model") from None
        return load_onnx(source, threads)
    if source.model_format in (ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT):
        try:
            from optimizers.load_pytorch import load_pytorch
            from optimizers.load_torchscript import load_torchscript
        except ImportError:
            raise MissingExtra("torch", "loading a PyTorch model") from None
        return (load_pytorch if source.model_format is ModelFormat.PYTORCH else load_torchscript)(source, threads)
    raise UnsupportedModel(
        f"{source.location}: `{source.model_format}` models cannot be optimized yet; "
        f"set `model_format` to pytorch, torchscript or onnx"
    )


def check_readable(path: Path) -> None:
    """
    Refuse a path that is missing, empty, not readable, or a folder with links to elsewhere.

    Raises:
        UnsupportedModel: It is one of these, or a name is not UTF-8.
    """
    if str(path) != printable(path):
        raise UnsupportedModel(f"{printable(path)}: the name is not UTF-8; rename it and correct `model.path`")
    if not path.exists():
        raise UnsupportedModel(f"{path}: there is no such file or folder; correct `model.path`")
    if not os.access(path, os.R_OK):
        raise UnsupportedModel(f"{path}: not readable by this user; fix its permissions")
    empty = not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0
    if empty:
        raise UnsupportedModel(f"{path}: is empty; fetch the model again")
    if path.is_dir():
        check_folder(path)


def damaged(path: Path, error: Exception) -> UnsupportedModel:
    """Return the error for a model file that its own library cannot read."""
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return UnsupportedModel(f"{path}: damaged or not in the expected format ({first_line}); fetch or export it again")
