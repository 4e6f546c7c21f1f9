"""Every candidate that a recipe may offer: one row each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.passes import Pass
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import Precision, Runtime

BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})

Refusal = Callable[[SourceFacts, Goal, Hardware], str | None]
Chain = Callable[[SourceFacts, Goal], tuple[Pass, ...]]


def without_quantization(_facts: SourceFacts, goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse what quantizes where the spec says no."""
    return None if goal.quantization else "not built: quantization is off in the spec (`optimization.quantization`)"


def without_bf16(_facts: SourceFacts, _goal: Goal, hardware: Hardware) -> str | None:
    """Refuse BF16 on a processor that has no such arithmetic."""
    if BF16_FEATURES & set(hardware.cpu_features):
        return None
    return f"not built: {hardware.cpu_model} has no BF16 arithmetic (avx512_bf16 or amx_bf16)"


@dataclass(frozen=True, slots=True)
class Row:
    """
    One candidate as data.

    Attributes:
        passes: Its passes for a model and a goal; rows that begin alike share what the beginning gives.
        runtime_options: Handed to the runtime when it loads the artifact.
        refusals: Each says why the candidate is not built, or None; the first that says so counts.
    """

    name: str
    runtime: Runtime
    precision: Precision
    passes: Chain
    runtime_options: Mapping[str, str] = field(default_factory=dict[str, str])
    refusals: tuple[Refusal, ...] = ()

    def recipe_for(self, facts: SourceFacts, goal: Goal, hardware: Hardware) -> CandidateRecipe:
        """Return how to build it for one model, goal and machine."""
        reasons = (refusal(facts, goal, hardware) for refusal in self.refusals)
        return CandidateRecipe(
            self.name,
            self.runtime,
            self.precision,
            self.passes(facts, goal),
            self.runtime_options,
            next((reason for reason in reasons if reason is not None), None),
        )


def exported(*further: Pass) -> Chain:
    """Return the export to ONNX and then `further`."""
    return lambda _facts, _goal: (OnnxExport(), *further)


def _static_int8(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
    return (OnnxExport(), OnnxStaticInt8(prediction=facts.prediction, thresholds=goal.thresholds))


_F32 = {"INFERENCE_PRECISION_HINT": "f32"}
_BF16 = {"INFERENCE_PRECISION_HINT": "bf16"}

CANDIDATES: tuple[Row, ...] = (
    Row("onnx", Runtime.ONNXRUNTIME, Precision.FP32, exported()),
    Row("onnx-optimized", Runtime.ONNXRUNTIME, Precision.FP32, exported(OnnxGraphOptimization())),
    Row(
        "onnx-int8",
        Runtime.ONNXRUNTIME,
        Precision.INT8,
        exported(OnnxDynamicInt8()),
        refusals=(without_quantization,),
    ),
    Row("onnx-static-int8", Runtime.ONNXRUNTIME, Precision.INT8, _static_int8, refusals=(without_quantization,)),
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
)
