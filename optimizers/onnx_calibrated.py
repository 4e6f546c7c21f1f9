"""Quantize an ONNX model once, and take layers back to floating point in what that gave. Imports onnx."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.qdq_loss_debug import (
    collect_activations,
    compute_signal_to_quantization_noice_ratio,
    modify_model_output_intermediate_tensors,
)

from optimizers.kept_layers import EXACT_DB, RANKED_BATCHES
from optimizers.onnx_cleaning import load_graph
from optimizers.onnxruntime_session import OnnxRuntimeSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Operators with weights: where the time goes.
WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
# Between convolutions the operators are quantized too, so that rows stay INT8 from layer to layer.
CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
# From this version on, a weight need not be an input as well.
WEIGHTS_ALONE_IR = 4
TO_FLOAT, TO_INTEGER = "DequantizeLinear", "QuantizeLinear"


class CalibratedModel:
    """
    A quantized model next to the one that it was made of.

    Args:
        model: File of the model in floating point; its folder receives working files, which share its weights.
        batches: Inputs to measure ranges and compare answers on.
        threads: For each call.
        symmetric: As `OnnxStaticInt8.symmetric`.
        reduce_range: Weights in 7 bits.
    """

    def __init__(
        self,
        model: Path,
        batches: "Sequence[Mapping[str, NDArray[Any]]]",
        threads: int,
        *,
        symmetric: bool = False,
        reduce_range: bool = False,
    ) -> None:
        self._symmetric, self._reduce_range = symmetric, reduce_range
        folder = model.parent
        self._named, self._quantized, self._tried = (folder / f"{name}.onnx" for name in ("named", "int8", "tried"))
        self._float_values, self._int8_values = folder / "float-values.onnx", folder / "int8-values.onnx"
        self._batches, self._threads = batches, threads
        proto = load_graph(model)
        for index, node in enumerate(proto.graph.node):
            node.name = f"{node.op_type}_{index}"
        _drop_given_weights(proto)
        _flatten_biases(proto.graph)
        _spread_biases(proto.graph)
        self._weights = {tensor.name: tensor for tensor in proto.graph.initializer}
        self._layers = {
            node.name: node for node in proto.graph.node if node.op_type in WEIGHTED and node.input[1] in self._weights
        }
        self._makers = {output: node.name for node in proto.graph.node for output in node.output}
        self._named.write_bytes(proto.SerializeToString())

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the nodes with weights, in the order of the graph."""
        return tuple(self._layers)

    def expected(self) -> "list[dict[str, NDArray[Any]]]":
        """Return the answers of the model in floating point."""
        return list(self._answers(self._named))

    def quantize(self) -> None:
        """Measure ranges and quantize every layer."""
        convolves = any(node.op_type in CONVOLUTIONS for node in self._layers.values())
        quantize_static(
            self._named,
            self._quantized,
            _Reader(self._batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=None if convolves else list(WEIGHTED),
            per_channel=True,
            reduce_range=self._reduce_range,
            activation_type=QuantType.QInt8 if self._symmetric else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            use_external_data_format=True,
            extra_options={
                # Products of two computed values, as in attention, have no weights whose scales could be exact.
                "MatMulConstBOnly": True,
                # TensorRT reads no zero point but 0, no bias in INT8, and wants both halves of the pair at a weight (onnxruntime's
                # TensorRT example of quantization, `onnxruntime-inference-examples/quantization/object_detection/trt`).
                "ActivationSymmetric": self._symmetric,
                "AddQDQPairToWeight": self._symmetric,
                "QuantizeBias": not self._symmetric,
                # Elsewhere each layer rounds what it takes and not what it gives, so that one that is kept gets exact values.
                "OpTypesToExcludeOutputQuantization": [] if convolves else list(WEIGHTED),
            },
        )

    def keeping(self, kept: Sequence[str]) -> Any:  # noqa: ANN401 - an onnx.ModelProto
        """Return the quantized model with these layers in floating point."""
        proto = load_graph(self._quantized)
        graph = proto.graph
        nodes = {node.name: node for node in graph.node}
        rounded = {node.output[0]: node for node in graph.node if node.op_type in {TO_FLOAT, TO_INTEGER}}
        for name in kept:
            node, original = nodes[name], self._layers[name]
            for place, value in enumerate(original.input):
                if value in self._weights:
                    node.input[place] = value
                    graph.initializer.append(self._weights[value])
                # A Relu that rounding stood for is gone, and what goes into the rounding is not what came out of the Relu.
                elif self._makers.get(value) not in nodes.keys() | {None}:
                    continue
                elif (to_float := rounded.get(node.input[place])) and (to_integer := rounded.get(to_float.input[0])):
                    node.input[place] = to_integer.input[0]
        _remove_unused(graph)
        return proto

    def answers(self, proto: Any) -> "Iterator[dict[str, NDArray[Any]]]":  # noqa: ANN401 - an onnx.ModelProto
        """Yield the answers of a model that `keeping` gave, batch by batch."""
        self._tried.write_bytes(proto.SerializeToString())
        return self._answers(self._tried)

    def by_damage(self) -> list[str]:
        """
        Return the layers, first those whose output in the quantized model is further from the original's than their input was.

        Distance is signal to noise in dB over a few batches. That of one tensor alone tells little: where one channel is much
        larger than the others, these are lost in the next layer and hardly show in the sum.
        """
        batches = self._batches[:RANKED_BATCHES]
        values = list[dict[str, Any]]()
        for model, augmented in ((self._named, self._float_values), (self._quantized, self._int8_values)):
            modify_model_output_intermediate_tensors(model, augmented, save_as_external_data=True)
            values.append(collect_activations(str(augmented), _Reader(batches)))
        floats, quantized = values
        ratio_db = {
            name: min(EXACT_DB, compute_signal_to_quantization_noice_ratio(floats[name], quantized[name]))
            for name in floats.keys() & quantized.keys()
        }

        def gained_db(layer: str) -> float:
            before, after = self._layers[layer].input[0], self._layers[layer].output[0]
            return float(ratio_db.get(after, EXACT_DB) - ratio_db.get(before, EXACT_DB))

        return sorted(self._layers, key=gained_db)

    def _answers(self, model: Path) -> "Iterator[dict[str, NDArray[Any]]]":
        # What GPUs compute exactly is not to be judged by a processor that cuts sums off: rounding alone, in floating point.
        options = {"session.disable_quant_qdq": "1"} if self._symmetric else {}
        session = OnnxRuntimeSession(model, self._threads, options)
        return (session.run(batch) for batch in self._batches)


def _drop_given_weights(model: Any) -> None:  # noqa: ANN401 - a ModelProto
    """Leave no weight among the inputs, where models up to IR version 3 list each, and with the shape that it has now."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name not in weights]
    if len(inputs) < len(model.graph.input):
        del model.graph.input[:]
        model.graph.input.extend(inputs)
        model.ir_version = max(model.ir_version, WEIGHTS_ALONE_IR)


def _spread_biases(graph: Any) -> None:  # noqa: ANN401 - a GraphProto
    """Give each Gemm with one number for a bias a list of it: onnxruntime 1.32 wants a bias for each column."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        weight, bias = (tensors.get(name) for name in (*node.input, "", "")[1:3])
        if node.op_type != "Gemm" or weight is None or bias is None or math.prod(bias.dims) != 1:
            continue
        transposed = any(item.name == "transB" and item.i for item in node.attribute)
        columns = weight.dims[0 if transposed else 1]
        node.input[2] = f"{node.name}_bias"
        number = numpy_helper.to_array(bias).reshape(-1)
        graph.initializer.append(numpy_helper.from_array(number.repeat(columns), node.input[2]))


def _flatten_biases(graph: Any) -> None:  # noqa: ANN401 - a GraphProto
    """Make biases `(1, n)` of Gemm `(n,)`, which broadcasts alike: onnxruntime 1.32 takes the first for a matrix of `n` biases."""
    biases = {name for node in graph.node if node.op_type == "Gemm" for name in node.input[2:]}
    others = {
        name
        for node in graph.node
        for name in (*(node.input[:2] if node.op_type == "Gemm" else node.input), *_taken_inside(node))
    }
    for tensor in graph.initializer:
        if tensor.name in biases - others and tensor.dims[:1] == [1] and tensor.dims[1:]:
            del tensor.dims[0]


def _remove_unused(graph: Any) -> None:  # noqa: ANN401 - an onnx.GraphProto
    """
    Remove the nodes that rounded for layers which are kept, and the tensors of theirs; and tensors that are there twice.

    What gives a rounded bias has the name of the bias, so that it goes where that is back.
    """
    wanted = {output.name for output in graph.output}
    held = {tensor.name for tensor in graph.initializer}
    nodes = list[Any]()
    for node in reversed(graph.node):
        if node.op_type not in {TO_FLOAT, TO_INTEGER} or (node.output[0] in wanted and node.output[0] not in held):
            nodes.append(node)
            wanted.update(node.input)
            wanted.update(_taken_inside(node))
    tensors = {tensor.name: tensor for tensor in graph.initializer if tensor.name in wanted}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(nodes))
    graph.initializer.extend(tensors.values())


def _taken_inside(node: Any) -> set[str]:  # noqa: ANN401 - an onnx.NodeProto
    """Return what the nodes of inner graphs take, of this graph too."""
    graphs = [graph for attribute in node.attribute for graph in (attribute.g, *attribute.graphs)]
    return {name for graph in graphs for inner in graph.node for name in (*inner.input, *_taken_inside(inner))} | {
        output.name for graph in graphs for output in graph.output
    }


class _Reader(CalibrationDataReader):  # type: ignore[misc] # it has no types
    """Hands the batches to onnxruntime, one after the other."""

    def __init__(self, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> None:
        self._left: Iterator[Mapping[str, Any]] = iter(batches)

    def get_next(self) -> Any:  # noqa: ANN401 - what onnxruntime expects
        return next(self._left, None)
