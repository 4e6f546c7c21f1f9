"""Candidates for phones and small devices: one row each."""

from optimizers.candidate_row import Chain, Row, exported, quantized, without_quantization
from optimizers.coreml_export import CoreMlExport
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.litert_convert import LiteRtConversion
from optimizers.litert_torch import INSTALL_LITERT_TORCH, LITERT_TORCH, LiteRtFromTorch
from optimizers.ort_mobile import OrtMobile
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import ModelFormat, Precision, Runtime


def on_devices(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where the model runs on devices."""
    return goal.edge


def from_tensorflow(facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where a TensorFlow model runs on devices."""
    return goal.edge and facts.model_format is ModelFormat.TENSORFLOW


def from_pytorch(facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where a PyTorch model runs on devices."""
    return goal.edge and facts.model_format is ModelFormat.PYTORCH


def without_tensorflow(facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse what TensorFlow's own converter does not read."""
    if facts.model_format is ModelFormat.TENSORFLOW:
        return None
    return "not built: TensorFlow's converter to LiteRT reads TensorFlow models; give a SavedModel or a Keras file"


def without_litert_torch(facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse where Google's converter for torch is not installed."""
    if LITERT_TORCH in facts.converters:
        return None
    return f"not built: {LITERT_TORCH} is not installed, which no extra does; {INSTALL_LITERT_TORCH}"


def without_core_ml(facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse a format that Apple's converter does not read."""
    if facts.model_format in {ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT}:
        return None
    return "not built: Core ML is made of PyTorch and TorchScript models; give the model as one of these"


def _litert(precision: Precision) -> Chain:
    return lambda _facts, _goal: (LiteRtConversion(precision),)


def _core_ml(precision: Precision) -> Chain:
    return lambda _facts, _goal: (CoreMlExport(precision),)


ON_DEVICES: tuple[Row, ...] = (
    Row("litert-fp32", Runtime.LITERT, Precision.FP32, _litert(Precision.FP32), {}, (without_tensorflow,), on_devices),
    Row("litert-fp16", Runtime.LITERT, Precision.FP16, _litert(Precision.FP16), applies=from_tensorflow),
    Row(
        "litert-int8",
        Runtime.LITERT,
        Precision.INT8,
        _litert(Precision.INT8),
        {},
        (without_quantization,),
        from_tensorflow,
    ),
    Row(
        "litert-torch-fp32",
        Runtime.LITERT,
        Precision.FP32,
        lambda _facts, _goal: (LiteRtFromTorch(),),
        {},
        (without_litert_torch,),
        from_pytorch,
    ),
    Row("ort-mobile-fp32", Runtime.ONNXRUNTIME, Precision.FP32, exported(OrtMobile()), applies=on_devices),
    Row(
        "ort-mobile-int8",
        Runtime.ONNXRUNTIME,
        Precision.INT8,
        quantized(OrtMobile()),
        {},
        (without_quantization,),
        on_devices,
    ),
    Row("coreml-fp32", Runtime.COREML, Precision.FP32, _core_ml(Precision.FP32), {}, (without_core_ml,), on_devices),
    Row("coreml-fp16", Runtime.COREML, Precision.FP16, _core_ml(Precision.FP16), {}, (without_core_ml,), on_devices),
    Row(
        "coreml-int8",
        Runtime.COREML,
        Precision.INT8,
        _core_ml(Precision.INT8),
        {},
        (without_quantization, without_core_ml),
        on_devices,
    ),
)
