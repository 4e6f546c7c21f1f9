"""Optimize an ONNX graph once, at build time: constant folding and operator fusion."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel


@dataclass(frozen=True, slots=True)
class OnnxGraphOptimization:
    """
    ONNX Runtime's `extended` level: folding and fusion for any CPU.

    The level above it also fixes a memory layout that fits only the processor of the build machine; ONNX Runtime
    applies that one when it loads the model.
    """

    level: str = "extended"

    name: ClassVar[str] = "onnx-graph"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write the optimized `model.onnx`. Raises MissingExtra if onnxruntime is not installed."""
        try:
            import onnxruntime

            from optimizers.onnx_cleaning import load_proto, save_clean
        except ImportError:
            raise MissingExtra("onnx", "ONNX graph optimization") from None
        path, raw = folder / ONNX_FILE, folder / "raw.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(raw)
        options.log_severity_level = 3
        onnxruntime.InferenceSession(str(model.file), options, providers=["CPUExecutionProvider"])
        save_clean(load_proto(raw), path)
        raw.unlink()
        return FormedModel(Form.ONNX, model.signature, path=path)
