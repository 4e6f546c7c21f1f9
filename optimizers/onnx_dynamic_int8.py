"""Quantize the weights of an ONNX model to INT8; activations are quantized while it runs."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra
from optimizers.hardware import detect
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet


@dataclass(frozen=True, slots=True)
class OnnxDynamicInt8:
    """
    Dynamic INT8 of ONNX Runtime, for matrix products and embeddings.

    Weights have 7 bits where the processor would cut sums off (`Hardware.saturates_int8`).

    Attributes:
        per_channel: One scale for each output channel instead of one for each tensor: nearer to the original.
    """

    per_channel: bool = True

    name: ClassVar[str] = "onnx-dynamic-int8"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write the quantized `model.onnx`. Raises MissingExtra if onnxruntime is not installed."""
        # Slow to import, and a build that finds everything done needs it not.
        from unittest.mock import patch

        try:
            from onnxruntime.quantization import QuantType, onnx_quantizer, quantize_dynamic

            from optimizers.onnx_cleaning import load_graph, save_clean
        except ImportError:
            raise MissingExtra("onnx", "dynamic INT8 quantization") from None
        # onnxruntime 1.32 learns types again from copies of the whole model, six times its size at once, after it made Gemm MatMul.
        alone = patch.object(onnx_quantizer, "save_and_reload_model_with_shape_infer", _as_it_is)
        with quiet(), alone, tempfile.TemporaryDirectory(dir=folder) as work:
            raw = Path(work) / "raw.onnx"
            # The default type keeps operators quantizable whose type is not known then.
            quantize_dynamic(
                model.file,
                raw,
                per_channel=self.per_channel,
                reduce_range=detect().saturates_int8,
                weight_type=QuantType.QInt8,
                use_external_data_format=True,
                extra_options={"DefaultTensorType": 1},
            )
            save_clean(load_graph(raw), folder / ONNX_FILE, raw.parent)
        return FormedModel(Form.ONNX, model.signature, path=folder / ONNX_FILE)


def _as_it_is(model: Any) -> Any:  # noqa: ANN401 - an onnx.ModelProto
    return model
