"""Every candidate that a recipe may offer: one row each."""

from optimizers.accelerator_candidates import ON_ACCELERATORS
from optimizers.candidate_row import Row, exported, on_servers, quantized, without_quantization
from optimizers.device_candidates import ON_DEVICES
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.source_facts import SourceFacts
from optimizers.torchscript_freeze import TorchScriptFreeze
from optimizers.vocabulary import ModelFormat, Precision, Runtime

BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})
TORCH_FORMATS = frozenset({ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT})


def without_bf16(_facts: SourceFacts, _goal: Goal, hardware: Hardware) -> str | None:
    """Refuse BF16 on a processor that has no such arithmetic."""
    if BF16_FEATURES & set(hardware.cpu_features):
        return None
    return f"not built: {hardware.cpu_model} has no BF16 arithmetic (avx512_bf16 or amx_bf16)"


def _from_torch(facts: SourceFacts, goal: Goal) -> bool:
    return facts.model_format in TORCH_FORMATS and on_servers(facts, goal)


_F32 = {"INFERENCE_PRECISION_HINT": "f32"}
_BF16 = {"INFERENCE_PRECISION_HINT": "bf16"}

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
    Row("onnx-fp16", Runtime.ONNXRUNTIME, Precision.FP16, exported(OnnxFp16())),
    Row("openvino-fp32", Runtime.OPENVINO, Precision.FP32, exported(OpenVinoConversion()), _F32),
    Row("openvino-fp16", Runtime.OPENVINO, Precision.FP16, exported(OpenVinoConversion(fp16_weights=True)), _F32),
    Row(
        "openvino-bf16",
        Runtime.OPENVINO,
        Precision.BF16,
        exported(OpenVinoConversion()),
        _BF16,
        refusals=(without_bf16,),
    ),
    Row(
        "torchscript",
        Runtime.PYTORCH,
        Precision.FP32,
        lambda _facts, _goal: (TorchScriptFreeze(),),
        applies=_from_torch,
    ),
)

CANDIDATES: tuple[Row, ...] = (*ON_PROCESSORS, *ON_ACCELERATORS, *ON_DEVICES)
