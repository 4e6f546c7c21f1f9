"""Candidates that are trained on the way: pruned models, and students of the original. Offered where the spec asks for them."""

from optimizers.candidate_row import (
    BF16,
    F32,
    Applies,
    Chain,
    Refusal,
    Row,
    on_servers,
    without_bf16,
    without_quantization,
)
from optimizers.compression import Distillation, Pruning, PruningKind
from optimizers.fine_tuning import FineTuning
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.magnitude_pruning import MagnitudePruning
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.ort_mobile import OrtMobile
from optimizers.passes import Pass
from optimizers.smaller_student import SmallerStudent
from optimizers.source_facts import SourceFacts
from optimizers.structured_pruning import StructuredPruning
from optimizers.training_function import TrainingFunction
from optimizers.vocabulary import ModelFormat, Precision, Runtime


def prunes_channels(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where channels are to be removed."""
    return goal.pruning is not None and goal.pruning.kind is PruningKind.STRUCTURED


def prunes_weights(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where single weights are to become zero."""
    return goal.pruning is not None and goal.pruning.kind is PruningKind.MAGNITUDE


def distils(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where a student is to be trained."""
    return goal.distillation is not None


def without_torch_module(facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse what cannot be trained."""
    if facts.model_format is ModelFormat.PYTORCH:
        return None
    return f"not built: a `{facts.model_format}` model cannot be trained; give its PyTorch weights (`model_format: pytorch`)"


def pruned(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
    """Return the passes to a pruned model, trained where the spec says how; one that is not asked for has the defaults."""
    asked = goal.pruning or Pruning()
    if asked.kind is PruningKind.MAGNITUDE:
        return (MagnitudePruning(asked.share), *_training(facts, goal, None), OnnxExport())
    first = StructuredPruning(asked.share, asked.importance, asked.ignored)
    return (first, *_training(facts, goal, None), OnnxExport())


def distilled(facts: SourceFacts, goal: Goal) -> tuple[Pass, ...]:
    """Return the passes to a trained student; one that is not asked for has the defaults."""
    asked = goal.distillation or Distillation()
    seed = goal.training.loop.seed if goal.training else 0
    return (SmallerStudent(asked.student, asked.size, seed), *_training(facts, goal, asked), OnnxExport())


def _training(facts: SourceFacts, goal: Goal, distillation: Distillation | None) -> tuple[Pass, ...]:
    training = goal.training
    if training is None:
        return ()
    keeps_zeros = distillation is None and prunes_weights(facts, goal)
    if training.function is not None:
        return (TrainingFunction(training.function, training.loop.seed, keeps_zeros),)
    if distillation is None:
        return (FineTuning(facts.prediction, training.loop, keep_zeros=keeps_zeros),)
    soft_share, temperature = distillation.soft_share, distillation.temperature
    return (FineTuning(facts.prediction, training.loop, soft_share, temperature, hidden=True),)


def _static_int8(before: Chain) -> Chain:
    return lambda facts, goal: (
        *before(facts, goal),
        OnnxStaticInt8(prediction=facts.prediction, thresholds=goal.thresholds, gives_up=not facts.labels_decide),
    )


def _openvino(before: Chain) -> Chain:
    return lambda facts, goal: (*before(facts, goal), OpenVinoConversion())


def _ort_mobile(before: Chain) -> Chain:
    return lambda facts, goal: (*before(facts, goal), OrtMobile())


def _served(asked: Applies) -> Applies:
    return lambda facts, goal: asked(facts, goal) and on_servers(facts, goal)


def _carried(asked: Applies) -> Applies:
    return lambda facts, goal: asked(facts, goal) and goal.edge


def _smallest(word: str, chain: Chain, asked: Applies) -> tuple[Row, ...]:
    """Return what is made of any such model: a graph for servers, or the same for devices."""
    only: tuple[Refusal, ...] = (without_torch_module,)
    onnx, fp32 = Runtime.ONNXRUNTIME, Precision.FP32
    return (
        Row(f"{word}-onnx", onnx, fp32, chain, refusals=only, applies=_served(asked)),
        Row(f"{word}-ort-mobile", onnx, fp32, _ort_mobile(chain), refusals=only, applies=_carried(asked)),
    )


def _all(word: str, chain: Chain, asked: Applies) -> tuple[Row, ...]:
    """Return what is made of a model with less arithmetic; it is exported once, so its training is not repeated for each."""
    applies, openvino = _served(asked), Runtime.OPENVINO
    int8, bf16 = (without_torch_module, without_quantization), (without_torch_module, without_bf16)
    only: tuple[Refusal, ...] = (without_torch_module,)
    return (
        *_smallest(word, chain, asked),
        Row(f"{word}-static-int8", Runtime.ONNXRUNTIME, Precision.INT8, _static_int8(chain), {}, int8, applies),
        Row(f"{word}-openvino-fp32", openvino, Precision.FP32, _openvino(chain), F32, only, applies),
        Row(f"{word}-openvino-bf16", openvino, Precision.BF16, _openvino(chain), BF16, bf16, applies),
    )


COMPRESSED: tuple[Row, ...] = (
    *_all("pruned", pruned, prunes_channels),
    *_smallest("sparse", pruned, prunes_weights),
    *_all("distilled", distilled, distils),
)
