"""Every candidate that a recipe may offer: one row each."""

from optimizers.accelerator_candidates import ON_ACCELERATORS
from optimizers.candidate_row import BF16, F32, Row, exported, on_servers, quantized, without_bf16, without_quantization
from optimizers.compressed_candidates import COMPRESSED
from optimizers.device_candidates import ON_DEVICES
from optimizers.goal import Goal
from optimizers.language_model import is_language_model
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_fusion import OnnxTransformerFusion
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_int4 import OnnxInt4
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.openvino_int8 import DYNAMIC, OpenVinoInt8
from optimizers.passes import Pass
from optimizers.source_facts import SourceFacts
from optimizers.torchscript_freeze import TorchScriptFreeze
from optimizers.vocabulary import ModelFormat, Precision, Runtime

TORCH_FORMATS = frozenset({ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT})


def _from_torch(facts: SourceFacts, goal: Goal) -> bool:
    return facts.model_format in TORCH_FORMATS and on_servers(facts, goal)


def _predicts_tokens(facts: SourceFacts, goal: Goal) -> bool:
    return is_language_model(facts.architectures) and on_servers(facts, goal)


def _openvino_int8(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
    return _openvino_int8_chain(facts, goal, dynamic=False)


def _openvino_dynamic_int8(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
    return _openvino_int8_chain(facts, goal, dynamic=True)


def _openvino_int8_chain(facts: SourceFacts, goal: Goal, *, dynamic: bool) -> tuple[Pass, ...]:
    int8 = OpenVinoInt8(facts.prediction, goal.thresholds, dynamic, gives_up=not facts.labels_decide)
    return (OnnxExport(), OpenVinoConversion(), int8)


ON_PROCESSORS: tuple[Row, ...] = (
    Row("onnx", Runtime.ONNXRUNTIME, Precision.FP32, exported()),
    Row("onnx-optimized", Runtime.ONNXRUNTIME, Precision.FP32, exported(OnnxGraphOptimization())),
    Row(
        "onnx-int8",
        Runtime.ONNXRUNTIME,
        Precision.INT8,
        exported(OnnxDynamicInt8()),
        refusals=(without_quantization,),
    ),
    Row("onnx-static-int8", Runtime.ONNXRUNTIME, Precision.INT8, quantized(), refusals=(without_quantization,)),
    Row("onnx-fused", Runtime.ONNXRUNTIME, Precision.FP32, exported(OnnxTransformerFusion())),
    Row(
        "onnx-int4",
        Runtime.ONNXRUNTIME,
        Precision.INT4,
        exported(OnnxInt4()),
        refusals=(without_quantization,),
        applies=_predicts_tokens,
    ),
    Row("onnx-fp16", Runtime.ONNXRUNTIME, Precision.FP16, exported(OnnxFp16())),
    Row("openvino-fp32", Runtime.OPENVINO, Precision.FP32, exported(OpenVinoConversion()), F32),
    Row("openvino-fp16", Runtime.OPENVINO, Precision.FP16, exported(OpenVinoConversion(fp16_weights=True)), F32),
    Row(
        "openvino-bf16",
        Runtime.OPENVINO,
        Precision.BF16,
        exported(OpenVinoConversion()),
        BF16,
        refusals=(without_bf16,),
    ),
    Row(
        "torchscript",
        Runtime.PYTORCH,
        Precision.FP32,
        lambda _facts, _goal: (TorchScriptFreeze(),),
        applies=_from_torch,
    ),
    Row("openvino-int8", Runtime.OPENVINO, Precision.INT8, _openvino_int8, F32, refusals=(without_quantization,)),
    Row(
        "openvino-dynamic-int8",
        Runtime.OPENVINO,
        Precision.INT8,
        _openvino_dynamic_int8,
        DYNAMIC,
        refusals=(without_quantization,),
    ),
)

CANDIDATES: tuple[Row, ...] = (*ON_PROCESSORS, *ON_ACCELERATORS, *ON_DEVICES, *COMPRESSED)
