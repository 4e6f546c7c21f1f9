"""Convert a torch model to LiteRT, which runs on phones and small devices."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import UnsupportedModel
from optimizers.litert_file import write_litert
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import BATCH
from optimizers.signature_probe import probe_inputs

# Not an extra: its pins hold torch and typing-extensions back for everything else.
LITERT_TORCH = "litert-torch"
INSTALL_LITERT_TORCH = f"run `uv pip install {LITERT_TORCH}`, then `serving optimize --force`"
ONE_ROW = 1


@dataclass(frozen=True, slots=True)
class LiteRtFromTorch:
    """Google's converter for torch. It knows no dynamic axes, so the file takes one row, and batches are rows one by one."""

    name: ClassVar[str] = "litert-torch"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.LITERT

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.tflite`.

        Raises:
            UnsupportedModel: Another axis than the batch is dynamic, or the converter is not installed.
        """
        for spec in model.signature.inputs:
            if dynamic := [axis for axis in spec.shape if isinstance(axis, str) and axis != BATCH]:
                raise UnsupportedModel(f"LiteRT needs fixed sizes, and `{dynamic[0]}` of `{spec.name}` is not")
        try:
            import litert_torch  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports]
            import torch
        except ImportError:
            raise UnsupportedModel(f"{LITERT_TORCH} is not installed; {INSTALL_LITERT_TORCH}") from None
        converter: Any = litert_torch
        arrays = probe_inputs(model.signature.inputs, ONE_ROW)
        row = tuple(torch.from_numpy(arrays[spec.name]) for spec in model.signature.inputs)
        with quiet():
            content: bytes = converter.convert(model.module.eval(), row).model_content()
        return write_litert(content, model, folder)
