"""Which candidates to build and measure for a model, a goal and a machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizers import digest
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.pass_job import PassSpec
from optimizers.passes import Pass
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import Accelerator, Precision, Runtime

# Raised when a pass writes other bytes from the same options and libraries.
RECIPE_FORMAT = 4
# The branches of the tree in spec.md 2.2.
FAST_SLA_MS = 10
RELAXED_SLA_MS = 100
# The tree says `large` and `small`; this is where quantizing weights alone starts to save more than calibration.
LARGE_MODEL_BYTES = 50_000_000
BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})


@dataclass(frozen=True, slots=True)
class CandidateRecipe:
    """
    One way to build an artifact.

    Attributes:
        passes: Run in order, each on what the one before gave.
        runtime_options: Handed to the runtime when it loads the artifact.
        refused: Why it is not even built here; None if it is.
    """

    name: str
    runtime: Runtime
    precision: Precision
    passes: tuple[Pass, ...]
    runtime_options: Mapping[str, str] = field(default_factory=dict[str, str])
    refused: str | None = None

    def described(self) -> dict[str, object]:
        """Return what decides the bytes of the artifact, as plain values."""
        return {
            "name": self.name,
            "passes": [{"pass": item.name, **PassSpec.of(item).options} for item in self.passes],
            "runtime_options": dict(self.runtime_options),
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    The candidates, and the one that the decision tree of spec.md 2.2 names before anything is measured.

    Attributes:
        first_choice: A candidate's name.
        why: The branch of the tree that names it.
        settings: What else decides the result: the source's facts and the goal's switches.
    """

    first_choice: str
    why: str
    candidates: tuple[CandidateRecipe, ...]
    settings: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """
        Digest of everything that decides artifacts and choice, except the model and the machine.

        What a machine cannot run is refused there and still part of the recipe, so that machines share one digest.
        """
        candidates = [candidate.described() for candidate in self.candidates]
        return digest.of_value({"format": RECIPE_FORMAT, "candidates": candidates, "settings": dict(self.settings)})

    @property
    def offered(self) -> tuple[CandidateRecipe, ...]:
        """The candidates that are built here."""
        return tuple(candidate for candidate in self.candidates if candidate.refused is None)


def recipe_for(facts: SourceFacts, goal: Goal, hardware: Hardware) -> Recipe:
    """Return the recipe: every candidate that may win here, and the tree's first choice; measurement decides."""
    first_choice, why = _first_choice(facts, goal)
    settings = {
        **facts.settings,
        "goal": goal.model_dump_json(include={"accelerator", "quantization", "thresholds", "threads"}),
    }
    return Recipe(first_choice, why, _candidates(facts, goal, hardware), settings)


def _candidates(facts: SourceFacts, goal: Goal, hardware: Hardware) -> tuple[CandidateRecipe, ...]:
    export = OnnxExport()
    converted = (export, OpenVinoConversion())
    no_int8 = None if goal.quantization else "not built: quantization is off in the spec (`optimization.quantization`)"
    no_bf16 = (
        None
        if BF16_FEATURES & set(hardware.cpu_features)
        else f"not built: {hardware.cpu_model} has no BF16 arithmetic (avx512_bf16 or amx_bf16)"
    )
    ort, openvino = Runtime.ONNXRUNTIME, Runtime.OPENVINO
    fp32, fp16, int8, bf16 = Precision.FP32, Precision.FP16, Precision.INT8, Precision.BF16
    f32_arithmetic = {"INFERENCE_PRECISION_HINT": "f32"}
    return (
        CandidateRecipe("onnx", ort, fp32, (export,)),
        CandidateRecipe("onnx-optimized", ort, fp32, (export, OnnxGraphOptimization())),
        CandidateRecipe("onnx-int8", ort, int8, (export, OnnxDynamicInt8()), refused=no_int8),
        CandidateRecipe(
            "onnx-static-int8",
            ort,
            int8,
            (export, OnnxStaticInt8(prediction=facts.prediction, thresholds=goal.thresholds)),
            refused=no_int8,
        ),
        CandidateRecipe("onnx-fp16", ort, fp16, (export, OnnxFp16())),
        CandidateRecipe("openvino-fp32", openvino, fp32, converted, f32_arithmetic),
        CandidateRecipe(
            "openvino-fp16", openvino, fp16, (export, OpenVinoConversion(fp16_weights=True)), f32_arithmetic
        ),
        CandidateRecipe(
            "openvino-bf16", openvino, bf16, converted, {"INFERENCE_PRECISION_HINT": "bf16"}, refused=no_bf16
        ),
    )


def _first_choice(facts: SourceFacts, goal: Goal) -> tuple[str, str]:
    sla, size_mb = goal.latency_sla_ms, facts.model_size_bytes / 1e6
    if goal.accelerator is not Accelerator.CPU:
        return (
            "onnx-optimized",
            f"the recipes for `{goal.accelerator}` are not built yet, so the portable graph comes first",
        )
    if sla < FAST_SLA_MS:
        return "openvino-fp32", f"SLA {sla} ms is under 10 ms on a CPU: OpenVINO"
    if sla > RELAXED_SLA_MS:
        return "onnx-optimized", f"SLA {sla} ms is over 100 ms: batching and caching suffice, no lossy candidate first"
    if not goal.quantization:
        return "onnx-optimized", f"SLA {sla} ms is 10 to 100 ms and quantization is off: graph optimization"
    if facts.model_size_bytes >= LARGE_MODEL_BYTES:
        return (
            "onnx-int8",
            f"SLA {sla} ms is 10 to 100 ms and {size_mb:.0f} MB is large: dynamic quantization of the ONNX model",
        )
    return "onnx-static-int8", f"SLA {sla} ms is 10 to 100 ms and {size_mb:.0f} MB is small: static quantization"
