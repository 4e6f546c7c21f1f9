"""What a row of the tables of candidates holds, and what several rows have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.model_formats import FORMATS
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.passes import Pass
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import Precision, Runtime

Refusal = Callable[[SourceFacts, Goal, Hardware], str | None]
Chain = Callable[[SourceFacts, Goal], tuple[Pass, ...]]
Applies = Callable[[SourceFacts, Goal], bool]

BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})
# Properties of OpenVINO when it loads a file: the precision of the arithmetic.
F32 = {"INFERENCE_PRECISION_HINT": "f32"}
BF16 = {"INFERENCE_PRECISION_HINT": "bf16"}


def without_quantization(_facts: SourceFacts, goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse what quantizes where the spec says no."""
    return None if goal.quantization else "not built: quantization is off in the spec (`optimization.quantization`)"


def without_bf16(_facts: SourceFacts, _goal: Goal, hardware: Hardware) -> str | None:
    """Refuse BF16 on a processor that has no such arithmetic."""
    if BF16_FEATURES & set(hardware.cpu_features):
        return None
    return f"not built: {hardware.cpu_model} has no BF16 arithmetic (avx512_bf16 or amx_bf16)"


def on_servers(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where the model runs on a server, whatever else computes there."""
    return not goal.edge


@dataclass(frozen=True, slots=True)
class Row:
    """
    One candidate as data.

    Attributes:
        passes: Its passes for a model and a goal; rows that begin alike share what the beginning gives.
        runtime_options: Handed to the runtime when it loads the artifact.
        refusals: Each says why the candidate is not built, or None; the first that says so counts.
        applies: Whether it makes sense for a model and a goal at all; where it does not, no report has it.
    """

    name: str
    runtime: Runtime
    precision: Precision
    passes: Chain
    runtime_options: Mapping[str, str] = field(default_factory=dict[str, str])
    refusals: tuple[Refusal, ...] = ()
    applies: Applies = on_servers

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
    """Return the pass that turns the model's format into ONNX and then `further`."""
    return lambda facts, _goal: (FORMATS[facts.model_format].to_onnx, *further)


def quantized(*further: Pass, symmetric: bool = False) -> Chain:
    """Return the export to ONNX, static INT8 within the goal's parity, and then `further`."""

    def chain(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
        static_int8 = OnnxStaticInt8(
            prediction=facts.prediction,
            thresholds=goal.thresholds,
            symmetric=symmetric,
            gives_up=not facts.labels_decide,
        )
        return exported(static_int8, *further)(facts, goal)

    return chain
