"""Store the weights of an ONNX model's matrix products in 4 bits."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

QUANTIZED = "MatMulNBits"
# Of the operator's `accuracy_level`: activations are rounded to INT8 block by block while it runs, for which its CPU kernels are
# fastest (ContribOperators.md of onnxruntime).
INT8_ACTIVATIONS = 4


@dataclass(frozen=True, slots=True)
class OnnxInt4:
    """
    INT4 weights with a scale and a zero point for each block of inputs, where language models spend their time and memory.

    Attributes:
        block_size: Inputs that share a scale: smaller is nearer to the original and larger in the file.
    """

    block_size: int = 32

    name: ClassVar[str] = "onnx-int4"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.onnx`.

        Raises:
            UnsupportedModel: It has no matrix product with weights.
            MissingExtra: onnxruntime is not installed.
        """
        try:
            import onnx
            from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

            from optimizers.onnx_cleaning import save_clean
        except ImportError:
            raise MissingExtra("onnx", "INT4 weights") from None
        with quiet():
            quantizer = MatMulNBitsQuantizer(
                onnx.load(model.file), bits=4, block_size=self.block_size, accuracy_level=INT8_ACTIVATIONS
            )
            quantizer.process()
        written: Any = quantizer.model
        quantized = written.model
        layers = sum(node.op_type == QUANTIZED for node in quantized.graph.node)
        if not layers:
            raise UnsupportedModel("it has no matrix product with weights to store in 4 bits")
        save_clean(quantized, folder / ONNX_FILE)
        return FormedModel(Form.ONNX, model.signature, path=folder / ONNX_FILE, remark=f"{layers} layers")
