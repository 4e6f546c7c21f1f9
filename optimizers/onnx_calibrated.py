"""Quantize an ONNX model again and again with ranges that are measured once, each time with other layers kept. Imports onnx."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.qdq_loss_debug import (
    collect_activations,
    compute_signal_to_quantization_noice_ratio,
    modify_model_output_intermediate_tensors,
)

from optimizers.onnxruntime_session import OnnxRuntimeSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Operators with weights: where the time goes.
WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
# Between convolutions the operators are quantized too, so that rows stay INT8 from layer to layer.
CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
# Signal to noise of a full sine wave in 8 bits: 6.02 x 8 + 1.76 dB (Bennett, Spectra of Quantized Signals, 1948). What is nearer to
# the original than that is exact as far as INT8 goes.
EXACT_DB = 49.9
# Every value of every layer is kept of these.
RANKED_BATCHES = 2


class CalibratedModel:
    """
    A model that is quantized in several ways.

    Args:
        model: File of the model in floating point.
        folder: Receives `quantized` and working files.
        batches: Inputs to measure ranges and compare answers on.
        threads: For each call.
        symmetric: As `OnnxStaticInt8.symmetric`.
    """

    def __init__(
        self,
        model: Path,
        folder: Path,
        batches: "Sequence[Mapping[str, NDArray[Any]]]",
        threads: int,
        *,
        symmetric: bool = False,
    ) -> None:
        self._symmetric = symmetric
        self.quantized = folder / "quantized.onnx"
        self._named, self._ranges = folder / "named.onnx", folder / "ranges.json"
        self._float_values, self._int8_values = folder / "float-values.onnx", folder / "int8-values.onnx"
        self._batches, self._threads = batches, threads
        proto = onnx.load(model)
        for index, node in enumerate(proto.graph.node):
            node.name = f"{node.op_type}_{index}"
        weights = {tensor.name for tensor in proto.graph.initializer}
        layers = [node for node in proto.graph.node if node.op_type in WEIGHTED and node.input[1] in weights]
        self._tensors = {node.name: (node.input[0], node.output[0]) for node in layers}
        self._convolves = any(node.op_type in CONVOLUTIONS for node in layers)
        onnx.save(proto, self._named)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the nodes with weights, in the order of the graph."""
        return tuple(self._tensors)

    def expected(self) -> "list[dict[str, NDArray[Any]]]":
        """Return the answers of the model in floating point."""
        return self._answers(self._named)

    def quantize(self, kept: Sequence[str]) -> "list[dict[str, NDArray[Any]]]":
        """Write `quantized` with these layers in floating point, and return its answers."""
        quantize_static(
            self._named,
            self.quantized,
            _Reader(self._batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=None if self._convolves else list(WEIGHTED),
            per_channel=True,
            activation_type=QuantType.QInt8 if self._symmetric else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(kept),
            extra_options={
                # Products of two computed values, as in attention, have no weights whose scales could be exact.
                "MatMulConstBOnly": True,
                # TensorRT reads no zero point but 0, no bias in INT8, and wants both halves of the pair at a weight (onnxruntime's
                # TensorRT example of quantization, `onnxruntime-inference-examples/quantization/object_detection/trt`).
                "ActivationSymmetric": self._symmetric,
                "AddQDQPairToWeight": self._symmetric,
                "QuantizeBias": not self._symmetric,
                # Elsewhere each layer rounds what it takes and not what it gives, so that one that is kept gets exact values.
                "OpTypesToExcludeOutputQuantization": [] if self._convolves else list(WEIGHTED),
            },
            calibration_cache_path=self._ranges,
        )
        return self._answers(self.quantized)

    def by_damage(self) -> list[str]:
        """
        Return the layers, first those whose output in `quantized` is further from the original's than their input was.

        Distance is signal to noise in dB over a few batches. That of one tensor alone tells little: where one channel is much
        larger than the others, these are lost in the next layer and hardly show in the sum.
        """
        batches = self._batches[:RANKED_BATCHES]
        values = list[dict[str, Any]]()
        for model, augmented in ((self._named, self._float_values), (self.quantized, self._int8_values)):
            modify_model_output_intermediate_tensors(model, augmented)
            values.append(collect_activations(str(augmented), _Reader(batches)))
        floats, quantized = values
        ratio_db = {
            name: min(EXACT_DB, compute_signal_to_quantization_noice_ratio(floats[name], quantized[name]))
            for name in floats.keys() & quantized.keys()
        }

        def gained_db(layer: str) -> float:
            before, after = self._tensors[layer]
            return float(ratio_db.get(after, EXACT_DB) - ratio_db.get(before, EXACT_DB))

        return sorted(self._tensors, key=gained_db)

    def _answers(self, model: Path) -> "list[dict[str, NDArray[Any]]]":
        session = OnnxRuntimeSession(model, self._threads, {})
        return [session.run(batch) for batch in self._batches]


class _Reader(CalibrationDataReader):  # type: ignore[misc] # it has no types
    """Hands the batches to onnxruntime, one after the other."""

    def __init__(self, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> None:
        self._left: Iterator[Mapping[str, Any]] = iter(batches)

    def get_next(self) -> Any:  # noqa: ANN401 - what onnxruntime expects
        return next(self._left, None)
