"""NVIDIA Triton: a model repository with one model, and for texts an ensemble that tokenizes before it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.packages.served import ServedArtifact, copy_file
from components.packages.triton_config import (
    CONFIG_NAME,
    DATA_TYPES,
    VERSION,
    batching,
    config_text,
    dimensions,
    protobufs,
)
from components.packages.triton_tensorrt import accelerator_parameters
from components.packages.triton_text import write_text_models
from components.packages.triton_warmup import write_warmup
from optimizers.artifact import MANIFEST_NAME, Manifest
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.shape_profile import USUAL_PROFILE
from optimizers.signature import Signature
from optimizers.vocabulary import Accelerator, Precision, Runtime

BF16, F32 = "bf16", "f32"


@dataclass(frozen=True, slots=True)
class Backend:
    """
    What runs an artifact in Triton.

    Attributes:
        name: The backend.
        threads: Its parameter for the threads of one call; None where it has none.
        numbered: Its tensors are told apart by a number at the end of their name (TorchScript has no names).
        on_cpu: It computes on CPUs.
        on_gpu: It computes on GPUs.
        batched: It computes any number of rows up to `max_batch_size`. Others are told that the model has no batch axis.
    """

    name: str
    threads: str | None
    numbered: bool = False
    on_cpu: bool = True
    on_gpu: bool = True
    batched: bool = True


# https://github.com/triton-inference-server/backend#where-can-i-find-all-the-backends-that-are-available-for-triton
BACKENDS = {
    Runtime.ONNXRUNTIME: Backend("onnxruntime", "intra_op_thread_count"),
    # It fixes the model's batch to `max_batch_size` and refuses a call with other rows (`SetBatchSize` in
    # https://github.com/triton-inference-server/openvino_backend/blob/main/src/openvino.cc).
    Runtime.OPENVINO: Backend("openvino", "INFERENCE_NUM_THREADS", on_gpu=False, batched=False),
    Runtime.TENSORRT: Backend("tensorrt", None, on_cpu=False),
    Runtime.PYTORCH: Backend("pytorch", "INTRA_OP_THREAD_COUNT", numbered=True),
}


def write(served: ServedArtifact, folder: Path) -> tuple[str, ...]:
    """
    Write the repository; its `config.pbtxt` files are printed by Triton's own protobufs.

    Raises:
        MissingExtra: tritonclient is not installed.
    """
    manifest = served.manifest
    name = f"{served.name}-model" if manifest.tokenizer else served.name
    _copy_model(served, folder / name / VERSION)
    config = _config(served, name)
    write_warmup(served, config, folder / name)
    (folder / name / CONFIG_NAME).write_text(config_text(config))
    if manifest.tokenizer:
        write_text_models(served, config, folder)
    return tuple(remark for remark in (_batch_remark(served), _precision_remark(served), _gpu_remark(served)) if remark)


def _copy_model(served: ServedArtifact, target: Path) -> None:
    """Copy the model's own files: everything of the artifact but its manifest and its tokenizer."""
    tokenizer = served.manifest.tokenizer
    others = {MANIFEST_NAME, tokenizer.file if tokenizer else None}
    for file in served.artifact.files:
        if file.path not in others:
            copy_file(served.folder / file.path, target / file.path)


def _config(served: ServedArtifact, name: str) -> Any:  # noqa: ANN401 - a protobuf message, made at run time
    manifest, settings = served.manifest, served.settings
    backend = BACKENDS[manifest.runtime]
    config: Any = protobufs().ModelConfig(
        name=name,
        backend=backend.name,
        max_batch_size=settings.max_batch_size if backend.batched else 0,
        default_model_filename=manifest.entry,
    )
    _add_tensors(config, manifest.signature, backend)
    config.version_policy.latest.num_versions = 1
    batching(config, config.max_batch_size)
    group = config.instance_group.add(count=settings.concurrent_calls)
    gpu = _on_gpu(served)
    # Without a list of GPUs there is one such group on each.
    group.kind = group.KIND_GPU if gpu else group.KIND_CPU
    if gpu and manifest.runtime is Runtime.ONNXRUNTIME:
        accelerator = config.optimization.execution_accelerators.gpu_execution_accelerator.add(name="tensorrt")
        profile = replace(USUAL_PROFILE, largest_batch=settings.max_batch_size)
        accelerator.parameters.update(accelerator_parameters(manifest.signature, _on_tensorrt(manifest), profile))
    if not gpu and backend.threads:
        config.parameters[backend.threads].string_value = str(settings.threads)
    if manifest.runtime is Runtime.OPENVINO:
        # All instances share one compiled model, and its threads are those of all streams.
        config.parameters["INFERENCE_NUM_THREADS"].string_value = str(settings.threads * settings.streams)
        config.parameters["NUM_STREAMS"].string_value = str(settings.streams)
        config.parameters["PERFORMANCE_HINT"].string_value = "LATENCY"
        if manifest.runtime_options.get("INFERENCE_PRECISION_HINT") == BF16:
            config.parameters["HINT_BF16"].string_value = "YES"
    return config


def _on_gpu(served: ServedArtifact) -> bool:
    backend = BACKENDS[served.manifest.runtime]
    return not backend.on_cpu or (served.settings.accelerator is Accelerator.GPU and backend.on_gpu)


def _on_tensorrt(manifest: Manifest) -> Precision:
    """Return in what TensorRT computes an ONNX graph; one that is quantized as it runs leaves TensorRT no scales for INT8."""
    return Precision.FP32 if OnnxDynamicInt8.name in manifest.passes else manifest.precision


def _add_tensors(config: Any, signature: Signature, backend: Backend) -> None:  # noqa: ANN401 - as above
    for specs, listed in ((signature.inputs, config.input), (signature.outputs, config.output)):
        for number, spec in enumerate(specs):
            tensor = listed.add(name=f"{spec.name}__{number}" if backend.numbered else spec.name)
            tensor.data_type = DATA_TYPES[spec.dtype]
            dimensions(tensor, spec, batched=backend.batched)


def _batch_remark(served: ServedArtifact) -> str | None:
    if BACKENDS[served.manifest.runtime].batched or served.settings.max_batch_size == 1:
        return None
    return "Triton's OpenVINO backend computes batches of one size only, so requests are not joined there"


def _precision_remark(served: ServedArtifact) -> str | None:
    """Triton's OpenVINO backend has a switch for BF16 and none for FP32, in which OpenVINO itself does not compute by default."""
    hint = served.manifest.runtime_options.get("INFERENCE_PRECISION_HINT")
    if served.manifest.runtime is not Runtime.OPENVINO or hint != F32:
        return None
    return (
        "Triton's OpenVINO backend cannot be told to compute in FP32: on processors with BF16 instructions it rounds to "
        "BF16; compare its answers with the reference rows there"
    )


def _gpu_remark(served: ServedArtifact) -> str | None:
    if _on_gpu(served):
        return "the answers were not compared on a GPU; compare them with the reference rows there"
    if served.settings.accelerator is not Accelerator.GPU or BACKENDS[served.manifest.runtime].on_gpu:
        return None
    return "the chosen artifact is for OpenVINO, whose backend computes on the CPU only"
