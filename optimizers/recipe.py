"""Which candidates to build and measure for a model, a goal and a machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from optimizers import digest
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.candidates import CANDIDATES
from optimizers.goal import Goal
from optimizers.gpu import GpuVendor
from optimizers.hardware import Hardware
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import Accelerator, ModelFormat, Precision

# Raised when a pass writes other bytes from the same options and libraries.
RECIPE_FORMAT = 7
# The branches of the tree in spec.md 2.2.
FAST_SLA_MS = 10
RELAXED_SLA_MS = 100
# The tree says `large` and `small`; this is where quantizing weights alone starts to save more than calibration.
LARGE_MODEL_BYTES = 50_000_000


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
    def by_promise(self) -> tuple[CandidateRecipe, ...]:
        """All candidates, the first choice first: what is built when not all can be."""
        return tuple(sorted(self.candidates, key=lambda candidate: candidate.name != self.first_choice))

    @property
    def offered(self) -> tuple[CandidateRecipe, ...]:
        """The candidates that are built here."""
        return tuple(candidate for candidate in self.candidates if candidate.refused is None)


def recipe_for(facts: SourceFacts, goal: Goal, hardware: Hardware) -> Recipe:
    """Return the recipe: every candidate that may win here, and the tree's first choice; measurement decides."""
    first_choice, why = _first_choice(facts, goal, hardware)
    settings = {
        **facts.settings,
        "goal": goal.model_dump_json(include={"accelerator", "quantization", "thresholds", "threads"}),
    }
    if facts.labels_decide:
        settings["accuracy"] = goal.accuracy.model_dump_json()
    candidates = tuple(row.recipe_for(facts, goal, hardware) for row in CANDIDATES if row.applies(facts, goal))
    return Recipe(first_choice, why, candidates, settings)


def _first_choice(facts: SourceFacts, goal: Goal, hardware: Hardware) -> tuple[str, str]:
    if goal.edge:
        return _first_on_devices(facts, goal)
    if goal.accelerator is not Accelerator.CPU:
        return _first_on_accelerators(goal, hardware)
    return _first_on_processors(facts, goal)


def _first_on_processors(facts: SourceFacts, goal: Goal) -> tuple[str, str]:
    sla, size_mb = goal.latency_sla_ms, facts.model_size_bytes / 1e6
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


def _first_on_accelerators(goal: Goal, hardware: Hardware) -> tuple[str, str]:
    """Return the branch for an accelerator; where it is not in this machine, `serving build-job` has another build it."""
    sla = goal.latency_sla_ms
    if goal.accelerator is Accelerator.INFERENTIA:
        return "neuron-bf16", "AWS Inferentia: AWS Neuron in BF16"
    if goal.accelerator is Accelerator.TPU:
        return "onnx-optimized", "nothing here compiles for `tpu`, so the portable graph comes first"
    if hardware.gpu is not None and hardware.gpu.vendor is GpuVendor.AMD:
        return "migraphx-fp16", "a GPU of AMD: ROCm, by MIGraphX in FP16"
    if sla < FAST_SLA_MS or not goal.quantization:
        return "tensorrt-fp16", f"SLA {sla} ms on a GPU of NVIDIA: TensorRT in FP16"
    return "tensorrt-int8", f"SLA {sla} ms is 10 ms or more on a GPU of NVIDIA: TensorRT in INT8"


def _first_on_devices(facts: SourceFacts, goal: Goal) -> tuple[str, str]:
    """Return the branch of spec.md 2.1 for devices, in INT8 where that is allowed."""
    precision = Precision.INT8 if goal.quantization else Precision.FP32
    if facts.model_format is ModelFormat.TENSORFLOW:
        return f"litert-{precision}", "a TensorFlow model on devices: LiteRT"
    return f"ort-mobile-{precision}", "a model on devices: ONNX Runtime Mobile"
