"""The original model, loaded: the reference that every candidate is compared with."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.artifact import Tokenizer
from optimizers.errors import MissingExtra, UnsupportedModel, first_line
from optimizers.memory import check_fits, free_bytes
from optimizers.model_folder import check_folder, printable
from optimizers.model_formats import FORMATS
from optimizers.model_source import ModelSource
from optimizers.onnx_external_data import model_size_bytes
from optimizers.passes import FormedModel
from optimizers.session import Session
from optimizers.vocabulary import Runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OwnSamples:
    """
    What the model's own processor made of samples.

    Attributes:
        inputs: By input name; axis 0 is the row.
        samples_from: Where they come from, in words.
    """

    inputs: "Mapping[str, NDArray[Any]]"
    samples_from: str


@dataclass(frozen=True, slots=True)
class Original:
    """
    A loaded model and how to run it.

    Attributes:
        model: The form that the first pass starts from.
        session: Runs the model as its framework does.
        tokenizer: Present when the model takes text.
        tokenizer_file: The `tokenizer.json` that belongs to it.
        own_samples: Makes sample inputs with the model's own processor; None where another part of the build can.
    """

    model: FormedModel
    session: Session
    runtime: Runtime
    tokenizer: Tokenizer | None = None
    tokenizer_file: Path | None = None
    own_samples: Callable[[], OwnSamples] | None = None


def load_original(source: ModelSource, threads: int) -> Original:
    """
    Load the original model; no code that a model file may carry is run.

    Args:
        source: Where the model lies and what its files cannot tell.
        threads: Threads that compute one call.

    Raises:
        UnsupportedModel: The file is missing, damaged, unsafe, larger than the free memory or in another format than the spec
            says.
        MissingExtra: The framework is not installed.
    """
    check_readable(source.path)
    row = FORMATS[source.model_format]
    if row.is_one_model:
        check_fits(source.location, model_size_bytes(source.path), free_bytes())
    try:
        module = import_module(row.module)
    except ImportError:
        raise MissingExtra(row.extra, f"loading {row.what}") from None
    load: Callable[[ModelSource, int], Original] = getattr(module, row.loader)
    return load(source, threads)


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
    return UnsupportedModel(
        f"{path}: damaged or not in the expected format ({first_line(error)}); fetch or export it again"
    )
