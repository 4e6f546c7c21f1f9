"""Write a torch model as one TorchScript file, which TorchServe and libtorch load without its Python code."""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

# TorchServe takes a file with this suffix for TorchScript (ts/torch_handler/base_handler.py, torchserve 0.12).
TORCHSCRIPT_FILE = "model.pt"
# Where each line of the code stood on the machine of the build, and a checksum over that: nothing needs them to load or run.
LEFT_OUT = (".debug_pkl", "/.data/serialization_id")


@dataclass(frozen=True, slots=True)
class TorchScriptFreeze:
    """
    Trace a torch module and freeze it: weights become constants, and what follows a convolution is folded into it.

    A trace keeps the path that one batch took. A module whose path depends on values, or on sizes so that it shows, is refused.

    Attributes:
        frozen: Whether weights become constants; a compiler that moves them to its device needs them as they are.
    """

    frozen: bool = True

    name: ClassVar[str] = "torchscript"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE, Form.TORCHSCRIPT})
    gives: ClassVar[Form] = Form.TORCHSCRIPT_FILE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.pt`.

        Raises:
            UnsupportedModel: A trace would keep a number or a size of one batch.
            MissingExtra: torch is not installed.
        """
        try:
            import torch

            from optimizers.torch_trace import traced
        except ImportError:
            raise MissingExtra("torch", "TorchScript") from None
        path, saved = folder / TORCHSCRIPT_FILE, folder / f"saved-{TORCHSCRIPT_FILE}"
        with quiet():
            script = traced(model)
            # A frozen one has lost the attribute that says whether it trains, and cannot be frozen twice.
            freezes = self.frozen and hasattr(script, "training")
            torch.jit.save(torch.jit.freeze(script) if freezes else script, saved)
        _copy_clean(saved, path)
        saved.unlink()
        return FormedModel(Form.TORCHSCRIPT_FILE, model.signature, path=path)


def _copy_clean(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as found, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as written:
        for item in found.infolist():
            if not item.filename.endswith(LEFT_OUT):
                # No timestamp either.
                with (
                    found.open(item) as content,
                    written.open(zipfile.ZipInfo(item.filename), "w", force_zip64=True) as to,
                ):
                    shutil.copyfileobj(content, to)
