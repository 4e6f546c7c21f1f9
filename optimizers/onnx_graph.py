"""Optimize an ONNX graph once, at build time: constant folding and operator fusion."""

import tempfile
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
            from optimizers.onnx_cleaning import load_graph, save_clean
            from optimizers.onnxruntime_graph import Level, optimize_graph
        except ImportError:
            raise MissingExtra("onnx", "ONNX graph optimization") from None
        path = folder / ONNX_FILE
        with tempfile.TemporaryDirectory(dir=folder) as work:
            optimized = optimize_graph(model.file, Path(work), Level.EXTENDED)
            save_clean(load_graph(optimized), path, optimized.parent)
        return FormedModel(Form.ONNX, model.signature, path=path)
