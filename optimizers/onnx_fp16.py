"""Store and compute an ONNX model in 16-bit floating point; inputs and outputs keep their type."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet


@dataclass(frozen=True, slots=True)
class OnnxFp16:
    """FP16 by the converter in ONNX Runtime: half the size; faster only where the processor computes in FP16."""

    name: ClassVar[str] = "onnx-fp16"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write the FP16 `model.onnx`. Raises MissingExtra if onnxruntime is not installed."""
        try:
            from onnxruntime.transformers.float16 import convert_float_to_float16

            from optimizers.onnx_cleaning import save_clean
        except ImportError:
            raise MissingExtra("onnx", "FP16 conversion") from None
        path = folder / ONNX_FILE
        with quiet():
            converted = convert_float_to_float16(str(model.file), keep_io_types=True)
        save_clean(converted, path)
        return FormedModel(Form.ONNX, model.signature, path=path)
