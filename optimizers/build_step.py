"""How a candidate is built on a node that has its accelerator: an image, a command, and what the command reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.neuron_compile import SCRIPT_FILE
from optimizers.onnx_export import ONNX_FILE
from optimizers.shape_profile import USUAL_PROFILE, shapes_text
from optimizers.signature import Signature
from optimizers.tensorrt_engine import ENGINE_FILE, WORKSPACE_BYTES
from optimizers.vocabulary import Precision, Runtime

# TensorRT 11.1.0.106; Triton's image of the same month has the same version, and an engine loads in no other.
TENSORRT_IMAGE = "nvcr.io/nvidia/tensorrt:26.07-py3"
MIGRAPHX_IMAGE = "rocm/onnxruntime:rocm7.2.4_ub24.04_ort1.23_torch2.10.0"
NEURON_IMAGE = "public.ecr.aws/neuron/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.0-ubuntu24.04"
# Batch sizes that MIGraphX compiles for: a compiled program has one.
MIGRAPHX_BATCHES = (1, 8, 32)
MIB = 1 << 20
# Where the folder of the candidate is mounted.
INPUT, OUTPUT, CACHE = "/build", "/build/output", "/build/cache"


@dataclass(frozen=True, slots=True)
class BuildStep:
    """
    One build on a node.

    Attributes:
        image: With the vendor's compiler.
        commands: Run one after the other, each as its arguments.
        resource: Extended resource of the accelerator that the container asks for.
        needs: The accelerator, in words.
    """

    image: str
    commands: tuple[tuple[str, ...], ...]
    resource: str
    needs: str


def build_step(candidate: CandidateRecipe, signature: Signature) -> BuildStep:
    """Return how a node builds this candidate, whose runtime is one of `STEPS`."""
    return STEPS[candidate.runtime](candidate, signature)


def _tensorrt(_candidate: CandidateRecipe, signature: Signature) -> BuildStep:
    """
    Return trtexec's command (options as in `samples/common/sampleOptions.cpp` of TensorRT 11.1).

    Number formats are those of the graph, so none is asked for; `--stronglyTyped` says so to TensorRT 10.
    """
    profile = USUAL_PROFILE
    shapes = {"min": profile.least(signature), "opt": profile.usual(signature), "max": profile.most(signature)}
    command = (
        "trtexec",
        f"--onnx={INPUT}/{ONNX_FILE}",
        f"--saveEngine={OUTPUT}/{ENGINE_FILE}",
        f"--timingCacheFile={CACHE}/timing.cache",
        f"--memPoolSize=workspace:{WORKSPACE_BYTES // MIB}M",
        "--stronglyTyped",
        "--skipInference",
        *(f"--{kind}Shapes={shapes_text(found)}" for kind, found in shapes.items() if found),
    )
    return BuildStep(TENSORRT_IMAGE, (command,), "nvidia.com/gpu", "an NVIDIA GPU")


def _migraphx(candidate: CandidateRecipe, signature: Signature) -> BuildStep:
    """Return migraphx-driver's commands (options as in `src/driver/main.cpp` of AMDMIGraphX), one for each batch size."""
    precision = ("--fp16",) if candidate.precision is Precision.FP16 else ()
    commands = tuple(
        (
            "migraphx-driver",
            "compile",
            "--onnx",
            f"{INPUT}/{ONNX_FILE}",
            "--gpu",
            "--enable-offload-copy",
            *precision,
            *_input_dims(signature, batch),
            "--binary",
            "--output",
            f"{OUTPUT}/model-batch-{batch}.mxr",
        )
        for batch in MIGRAPHX_BATCHES
    )
    return BuildStep(MIGRAPHX_IMAGE, commands, "amd.com/gpu", "an AMD GPU")


def _input_dims(signature: Signature, batch: int) -> tuple[str, ...]:
    """Return `--input-dim @name 1 128` for each input that has a dynamic axis."""
    shapes = USUAL_PROFILE.at_batch(signature, batch)
    return tuple(
        word for name, shape in shapes.items() for word in ("--input-dim", f"@{name}", *(str(size) for size in shape))
    )


def _neuron(_candidate: CandidateRecipe, _signature: Signature) -> BuildStep:
    command = ("python3", f"{INPUT}/{SCRIPT_FILE}")
    return BuildStep(NEURON_IMAGE, (command,), "aws.amazon.com/neuron", "an AWS Inferentia2 chip")


STEPS: Mapping[Runtime, Callable[[CandidateRecipe, Signature], BuildStep]] = {
    Runtime.TENSORRT: _tensorrt,
    Runtime.MIGRAPHX: _migraphx,
    Runtime.NEURON: _neuron,
}
