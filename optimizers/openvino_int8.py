"""Quantize weights and activations of an OpenVINO model to INT8 with NNCF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from optimizers.candidate_row import F32
from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.goal import ParityThresholds
from optimizers.hardware import detect
from optimizers.kept_layers import GivesUp, fewest_kept, kept_remark
from optimizers.nncf_alone import import_nncf
from optimizers.openvino_convert import XML_FILE, number_names
from optimizers.parity import compare
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.report import Parity
from optimizers.sample_batches import read_batches
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Activations are rounded in groups of so many values of one row, each with a scale of its own. OpenVINO's property of this name;
# 32 is its default where weights are INT8, and on MiniLM the nearest to the original of 32, 64, 128 and 384.
GROUP_SIZE = 32
DYNAMIC = {**F32, "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP_SIZE)}
# How far a large channel of an activation is scaled down and the weights up. SmoothQuant (Xiao et al., 2023, section 4) takes 0.5;
# on MiniLM that gave cosine 0.979, and NNCF's own 0.95 gave 0.969.
SMOOTHING = 0.5
OFF = -1.0
PURPOSE = "INT8 quantization with NNCF"
NOTHING = "it has no layer with weights to quantize"


@dataclass(frozen=True, slots=True)
class OpenVinoInt8:
    """
    INT8 with a scale for each output channel; layers that hurt most stay in floating point, as few as parity needs.

    Attributes:
        prediction: Decides how answers are compared.
        thresholds: Parity to keep.
        gives_up: Whether missing it is an error; where labels decide, the nearest that is still worth it is given.
        dynamic: Quantize weights alone, and activations while the model runs, in groups of a row. Otherwise activations have
            ranges that were seen on the samples.
    """

    prediction: Prediction
    thresholds: ParityThresholds
    dynamic: bool = False
    gives_up: GivesUp = True

    name: ClassVar[str] = "openvino-int8"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.OPENVINO})
    gives: ClassVar[Form] = Form.OPENVINO

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write the quantized `model.xml` and `model.bin`.

        Raises:
            UnsupportedModel: It has nothing to quantize, or even half of it in INT8 is not near enough to the original and `gives_up`.
            MissingExtra: OpenVINO or NNCF is not installed.
        """
        try:
            import openvino
            from openvino._offline_transformations import compress_quantize_weights_transformation

            from optimizers.openvino_kept_layers import WEIGHTED, QuantizedLayers
        except ImportError:
            raise MissingExtra("openvino", PURPOSE) from None
        batches = read_batches(model.samples_folder)
        with quiet():
            original = openvino.Core().read_model(model.file)
            if not any(node.get_type_name() in WEIGHTED for node in original.get_ops()):
                raise UnsupportedModel(NOTHING)
            nncf = _nncf()
            if self.dynamic:
                quantized = nncf.compress_weights(original.clone(), mode=nncf.CompressWeightsMode.INT8_ASYM)
            else:
                quantized = _with_ranges(original, batches)
            layers = QuantizedLayers(original, quantized, batches, DYNAMIC if self.dynamic else F32, detect().cpu_cores)
            if not layers.layers:
                raise UnsupportedModel(NOTHING)
            expected = layers.expected()

            def parity(kept: Sequence[str], /, *, hasty: bool) -> Parity:
                answers = layers.answers(layers.keeping(kept))
                return compare(self.prediction, expected, answers, self.thresholds, batches, hasty=hasty)

            kept = fewest_kept(parity, layers.by_damage, gives_up=self.gives_up)
            result = layers.keeping(kept)
            compress_quantize_weights_transformation(result)
            number_names(result)
            openvino.save_model(result, folder / XML_FILE, compress_to_fp16=False)
        remark = kept_remark(kept, layers.layers)
        return FormedModel(Form.OPENVINO, model.signature, path=folder / XML_FILE, remark=remark)


def _nncf() -> Any:  # noqa: ANN401 - a module without types
    try:
        return import_nncf()
    except ImportError:
        raise MissingExtra("openvino", PURPOSE) from None


def _with_ranges(model: Any, batches: "Sequence[Mapping[str, NDArray[Any]]]") -> Any:  # noqa: ANN401 - openvino.Model
    """Return the model with a FakeQuantize before each operator that may compute in INT8; weights are still floats."""
    nncf = _nncf()
    from nncf.openvino.quantization.backend_parameters import BackendParameters
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        AdvancedSmoothQuantParameters,
        OverflowFix,
    )
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    products, smooths = _products(model), has_attention(model)
    return nncf.quantize(
        model,
        nncf.Dataset(list(batches)),
        subset_size=len(batches),
        fast_bias_correction=True,
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER if smooths else None,
        # Products of two computed values, as in attention, have no weights whose scales could be exact.
        ignored_scope=nncf.IgnoredScope(names=products),
        advanced_parameters=AdvancedQuantizationParameters(
            # Weights in 7 bits where the processor would cut sums off.
            overflow_fix=OverflowFix.ENABLE if detect().saturates_int8 else None,
            # NNCF's own takes the mean over batches and cuts what is larger. That costs small networks their parity (two layers of
            # 32: cosine 0.982 against 0.9997), and helps transformers, whose few large values would take the range of all others.
            activations_range_estimator_params=(
                RangeEstimatorParametersSet.MEAN_MINMAX if smooths else RangeEstimatorParametersSet.MINMAX
            ),
            smooth_quant_alphas=AdvancedSmoothQuantParameters(convolution=OFF, matmul=SMOOTHING if smooths else OFF),
            backend_params={BackendParameters.COMPRESS_WEIGHTS: False},
        ),
    )


def has_attention(model: Any) -> bool:  # noqa: ANN401 - an openvino.Model
    """Return whether rows are weighted by each other: a softmax, and a product of two computed values."""
    kinds = {node.get_type_name() for node in model.get_ops()}
    return "ScaledDotProductAttention" in kinds or ("Softmax" in kinds and bool(_products(model)))


def _products(model: Any) -> list[str]:  # noqa: ANN401 - an openvino.Model
    return [
        node.get_friendly_name()
        for node in model.get_ordered_ops()
        if node.get_type_name() == "MatMul" and not any(map(_is_constant, node.input_values()))
    ]


def _is_constant(value: Any) -> bool:  # noqa: ANN401 - an openvino.Output
    node = value.get_node()
    while node.get_input_size() == 1:
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")
