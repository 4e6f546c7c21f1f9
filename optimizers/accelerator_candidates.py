"""Candidates for graphics processors and AWS Inferentia: one row each."""

from optimizers.candidate_row import Row, exported, quantized, without_quantization
from optimizers.goal import Goal
from optimizers.gpu import GpuVendor
from optimizers.hardware import Hardware
from optimizers.neuron_compile import NeuronCompile
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.source_facts import SourceFacts
from optimizers.tensorrt_engine import TensorRtEngine
from optimizers.torchscript_freeze import TorchScriptFreeze
from optimizers.vocabulary import Accelerator, ModelFormat, Precision, Runtime

ELSEWHERE = "run `serving build-job`, which writes what builds it on a node that has one"
# FP16 is made by MIGraphX itself, and what it compiled is kept beside the model (ONNX Runtime, `migraphx_execution_provider_info.h`).
MIGRAPHX_FP16 = {"migraphx_fp16_enable": "1"}


def on_gpus(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where a server has a graphics processor."""
    return goal.accelerator is Accelerator.GPU and not goal.edge


def on_inferentia(_facts: SourceFacts, goal: Goal) -> bool:
    """Offer it where a server has AWS Inferentia."""
    return goal.accelerator is Accelerator.INFERENTIA and not goal.edge


def without_nvidia(_facts: SourceFacts, _goal: Goal, hardware: Hardware) -> str | None:
    """Refuse an engine that would be built on another GPU than the one that runs it."""
    if hardware.gpu is not None and hardware.gpu.vendor is GpuVendor.NVIDIA:
        return None
    return f"not built: an engine is built on the GPU that runs it, and this machine has no NVIDIA GPU; {ELSEWHERE}"


def without_amd(_facts: SourceFacts, _goal: Goal, hardware: Hardware) -> str | None:
    """Refuse what only a GPU of AMD compiles."""
    if hardware.gpu is not None and hardware.gpu.vendor is GpuVendor.AMD:
        return None
    return f"not built: MIGraphX compiles on the GPU that runs it, and this machine has no AMD GPU; {ELSEWHERE}"


def without_torch_model(facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse a format that AWS's compiler does not trace."""
    if facts.model_format in {ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT}:
        return None
    return "not built: AWS Neuron compiles PyTorch and TorchScript models; give the model as one of these"


def without_neuron(_facts: SourceFacts, _goal: Goal, _hardware: Hardware) -> str | None:
    """Refuse to run the result here: it has one file for each batch size, which no session of ours opens."""
    return f"not built: it is compiled and run where AWS Inferentia is, and this machine has none; {ELSEWHERE}"


ON_ACCELERATORS: tuple[Row, ...] = (
    Row(
        "tensorrt-fp16",
        Runtime.TENSORRT,
        Precision.FP16,
        exported(OnnxFp16(), TensorRtEngine()),
        refusals=(without_nvidia,),
        applies=on_gpus,
    ),
    Row(
        "tensorrt-int8",
        Runtime.TENSORRT,
        Precision.INT8,
        quantized(TensorRtEngine(), symmetric=True),
        refusals=(without_quantization, without_nvidia),
        applies=on_gpus,
    ),
    Row("migraphx-fp16", Runtime.MIGRAPHX, Precision.FP16, exported(), MIGRAPHX_FP16, (without_amd,), on_gpus),
    Row(
        "migraphx-int8",
        Runtime.MIGRAPHX,
        Precision.INT8,
        quantized(symmetric=True),
        refusals=(without_quantization, without_amd),
        applies=on_gpus,
    ),
    Row(
        "neuron-bf16",
        Runtime.NEURON,
        Precision.BF16,
        lambda _facts, _goal: (TorchScriptFreeze(frozen=False), NeuronCompile()),
        refusals=(without_torch_model, without_neuron),
        applies=on_inferentia,
    ),
)
