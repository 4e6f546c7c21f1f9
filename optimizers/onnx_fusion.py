"""Fuse the parts of transformers in an ONNX graph: attention, normalization and activation."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.onnx_export import ONNX_FILE
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

# The operators that ONNX Runtime's transformer optimizer puts in place of several; names as in its contributed operators.
FUSED = (
    "Attention", "MultiHeadAttention", "EmbedLayerNormalization", "SkipLayerNormalization", "LayerNormalization", "Gelu",
    "BiasGelu", "FastGelu", "RotaryEmbedding", "SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization",
)  # fmt: skip
# Where these operators are declared.
CONTRIBUTED = "com.microsoft"
# Of the optimizer's kinds the one with the patterns of encoders; sizes and heads are read from the graph.
ENCODER = "bert"


@dataclass(frozen=True, slots=True)
class OnnxTransformerFusion:
    """ONNX Runtime's transformer optimizer: patterns that its general graph optimization does not know."""

    name: ClassVar[str] = "onnx-fusion"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write the fused `model.onnx`.

        Raises:
            UnsupportedModel: Nothing could be fused.
            MissingExtra: onnxruntime is not installed.
        """
        try:
            from onnxruntime.transformers.fusion_options import FusionOptions
            from onnxruntime.transformers.optimizer import optimize_model

            from optimizers.onnx_cleaning import load_graph, save_clean
        except ImportError:
            raise MissingExtra("onnx", "transformer fusion") from None
        options = FusionOptions(ENCODER)
        # It holds five copies of the model (onnxruntime 1.32), and where it fails, as on MiniLM, sums are not fused with normalizations.
        # That their shapes differ then shows in the answers.
        options.enable_shape_inference = False
        with quiet():
            fused = optimize_model(
                str(model.file), ENCODER, num_heads=0, hidden_size=0, opt_level=0, optimization_options=options
            ).model
        gained = _operators(fused) - _operators(load_graph(model.file))
        if not gained:
            raise UnsupportedModel("it has no attention, normalization or activation that onnxruntime knows to fuse")
        if CONTRIBUTED not in {entry.domain for entry in fused.opset_import}:
            fused.opset_import.add(domain=CONTRIBUTED, version=1)
        save_clean(fused, folder / ONNX_FILE)
        remark = ", ".join(f"{count} {kind}" for kind, count in sorted(gained.items()))
        return FormedModel(Form.ONNX, model.signature, path=folder / ONNX_FILE, remark=f"fused into {remark}")


def _operators(model: Any) -> Counter[str]:  # noqa: ANN401 - an onnx.ModelProto
    return Counter(node.op_type for node in model.graph.node if node.op_type in FUSED)
