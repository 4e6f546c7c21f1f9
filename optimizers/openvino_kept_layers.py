"""Take layers of a quantized OpenVINO model back to floating point, worst first. Imports openvino."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import openvino

from optimizers.kept_layers import EXACT_DB, RANKED_BATCHES

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Operators with weights: where the time goes.
WEIGHTED = frozenset(
    {"MatMul", "Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData"}
)
QUANTIZER = "FakeQuantize"
CONSTANT = "Constant"
# What may lie between a weight and its layer: another layout, and what makes floating point of integers.
CARRIERS = frozenset({"Reshape", "Transpose", "Convert", "Multiply", "Subtract"})


class QuantizedLayers:
    """
    A quantized model next to the one that it was made of.

    Args:
        original: In floating point.
        quantized: Made of a clone of it: layers have the same names. Weights are FakeQuantize of floating point, or
            decompressed integers.
        batches: Inputs to compare answers on.
        options: OpenVINO properties that the model is served with.
        threads: For each call.
    """

    def __init__(
        self,
        original: Any,  # noqa: ANN401 - an openvino.Model
        quantized: Any,  # noqa: ANN401 - an openvino.Model
        batches: "Sequence[Mapping[str, NDArray[Any]]]",
        options: Mapping[str, str],
        threads: int,
    ) -> None:
        self._original, self._quantized, self._batches = original, quantized, batches
        self._properties = {"INFERENCE_NUM_THREADS": str(threads), **options}
        floats = _by_name(original)
        self.layers: tuple[str, ...] = tuple(
            node.get_friendly_name()
            for node in quantized.get_ordered_ops()
            if node.get_type_name() in WEIGHTED
            and node.get_friendly_name() in floats
            and _is_quantized(node, floats[node.get_friendly_name()])
        )

    def expected(self) -> "list[dict[str, NDArray[Any]]]":
        """Return the answers of the model in floating point."""
        return list(self.answers(self._original))

    def keeping(self, kept: Sequence[str]) -> Any:  # noqa: ANN401 - an openvino.Model
        """Return the quantized model with these layers in floating point."""
        model = self._quantized.clone()
        found, floats = _by_name(model), _by_name(self._original)
        for name in kept:
            _restore(found[name], floats[name])
        model.validate_nodes_and_infer_types()
        return model

    def answers(self, model: Any) -> "Iterator[dict[str, NDArray[Any]]]":  # noqa: ANN401 - an openvino.Model
        """Yield every named output, batch by batch."""
        names = [output.get_any_name() for output in model.outputs]
        return (dict(zip(names, values, strict=True)) for values in self._run(model, self._batches))

    def by_damage(self) -> list[str]:
        """
        Return the layers, first those whose output is further from that in floating point than their input was.

        Distance is signal to noise in dB. The reference has every layer kept, so that scales that were moved from one
        layer into another cancel out.
        """
        floats, quantized = (self._values(self.keeping(kept)) for kept in (self.layers, ()))

        def gained_db(layer: int) -> float:
            before, after = (_ratio_db(floats[place], quantized[place]) for place in (2 * layer, 2 * layer + 1))
            return after - before

        places = {name: place for place, name in enumerate(self.layers)}
        return sorted(self.layers, key=lambda name: gained_db(places[name]))

    def _values(self, model: Any) -> "list[list[NDArray[Any]]]":  # noqa: ANN401 - an openvino.Model
        """Return what each layer takes and gives, as one list of batches each."""
        found = _by_name(model)
        plain = len(model.outputs)
        wanted = [value for name in self.layers for value in (_taken(found[name]), found[name].output(0))]
        # One by one: a value that two layers take is wanted twice.
        model.add_results([openvino.opset13.result(value) for value in wanted])
        batches = [list(values)[plain:] for values in self._run(model, self._batches[:RANKED_BATCHES])]
        return [list(column) for column in zip(*batches, strict=True)]

    def _run(self, model: Any, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> "Iterator[list[NDArray[Any]]]":  # noqa: ANN401
        compiled = openvino.Core().compile_model(model, "CPU", self._properties)
        request = compiled.create_infer_request()
        return ([array.copy() for array in request.infer(dict(batch)).values()] for batch in batches)


def _by_name(model: Any) -> dict[str, Any]:  # noqa: ANN401 - an openvino.Model
    return {node.get_friendly_name(): node for node in model.get_ordered_ops()}


def _quantizer(node: Any, place: int) -> Any:  # noqa: ANN401 - openvino nodes
    """Return the FakeQuantize that feeds this input, through at most carriers; None without one."""
    while (node := node.input_value(place).get_node()).get_type_name() in CARRIERS:
        place = 0
    return node if node.get_type_name() == QUANTIZER else None


def _is_quantized(node: Any, original: Any) -> bool:  # noqa: ANN401 - openvino nodes
    weights = original.input_value(1).get_node()
    while weights.get_type_name() in CARRIERS:
        weights = weights.input_value(0).get_node()
    if weights.get_type_name() != CONSTANT:
        return False
    return _quantizer(node, 1) is not None or node.input_value(1).get_node().get_type_name() in CARRIERS


def _taken(node: Any) -> Any:  # noqa: ANN401 - openvino nodes
    """Return the value that a layer takes, before it is rounded."""
    source = node.input_value(0)
    return source.get_node().input_value(0) if source.get_node().get_type_name() == QUANTIZER else source


def _restore(node: Any, original: Any) -> None:  # noqa: ANN401 - openvino nodes
    node.input(0).replace_source_output(_taken(node))
    quantizer = _quantizer(node, 1)
    if quantizer is None:
        target, weights = node.input(1), original.input_value(1).get_node()
        while weights.get_type_name() != CONSTANT:
            target, weights = target.get_source_output().get_node().input(0), weights.input_value(0).get_node()
        target.replace_source_output(openvino.opset13.constant(weights.data).output(0))
        return
    for target in quantizer.output(0).get_target_inputs():
        target.replace_source_output(quantizer.input_value(0))
    _restore_bias(node, original)


def _restore_bias(node: Any, original: Any) -> None:  # noqa: ANN401 - openvino nodes
    """Give back the bias that was corrected for rounding that does not happen any more."""
    known = {follower.get_friendly_name(): follower for follower in _followers(original)}
    for add in _followers(node):
        if add.get_type_name() != "Add" or add.input_value(1).get_node().get_type_name() != CONSTANT:
            continue
        corrected = add.input_value(1).get_node().data
        plain = known.get(add.get_friendly_name())
        # NNCF adds a bias where there is none.
        bias = plain.input_value(1).get_node().data if plain else corrected * 0
        add.input(1).replace_source_output(openvino.opset13.constant(bias).output(0))


def _followers(node: Any) -> list[Any]:  # noqa: ANN401 - openvino nodes
    return [target.get_node() for target in node.output(0).get_target_inputs()]


def _ratio_db(original: "list[NDArray[Any]]", other: "list[NDArray[Any]]") -> float:
    import numpy as np

    signal = sum(float(np.square(array, dtype=np.float64).sum()) for array in original)
    noise = sum(
        float(np.square(array - found, dtype=np.float64).sum()) for array, found in zip(original, other, strict=True)
    )
    if signal == 0 or noise == 0:
        return EXACT_DB
    return min(EXACT_DB, 10 * math.log10(signal / noise))
