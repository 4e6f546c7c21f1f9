"""Triton's configuration of a model on a GPU: an engine that was built before, or one that Triton builds when it loads the graph."""

from collections.abc import Mapping
from typing import Any

from components.packages.triton import TENSORRT
from components.packages.triton_config import DATA_TYPES, batching, config_text, dimensions, protobufs
from optimizers.shape_profile import USUAL_PROFILE, shapes_text
from optimizers.signature import Signature
from optimizers.vocabulary import Precision

# Where engines and timings are kept, so that a server that starts again builds nothing.
ENGINE_CACHE = "/models-cache"
MODES = {Precision.FP32: "FP32", Precision.FP16: "FP16", Precision.INT8: "INT8"}
ENGINE, GRAPH = "tensorrt_plan", "onnxruntime_onnx"


def accelerator_parameters(signature: Signature, precision: Precision) -> dict[str, str]:
    """
    Return the parameters of the accelerator `tensorrt` (README of triton-inference-server/onnxruntime_backend).

    A graph with pairs of QuantizeLinear and DequantizeLinear needs no calibration table, and one is refused with it.
    """
    profile = USUAL_PROFILE
    shapes = {"min": profile.least(signature), "opt": profile.usual(signature), "max": profile.most(signature)}
    return {
        **TENSORRT,
        "precision_mode": MODES[precision],
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": ENGINE_CACHE,
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": ENGINE_CACHE,
        **{f"trt_profile_{kind}_shapes": shapes_text(found) for kind, found in shapes.items() if found},
    }


def triton_config(name: str, signature: Signature, platform: str, parameters: Mapping[str, str] | None = None) -> str:
    """
    Return `config.pbtxt`.

    Args:
        name: Of the model in the repository.
        signature: Its tensors.
        platform: `ENGINE`, or `GRAPH` for a model that Triton compiles.
        parameters: Of the accelerator `tensorrt`; None for an engine, which is compiled.

    Raises:
        MissingExtra: tritonclient is not installed.
    """
    config: Any = protobufs().ModelConfig(name=name, platform=platform, max_batch_size=USUAL_PROFILE.largest_batch)
    for specs, listed in ((signature.inputs, config.input), (signature.outputs, config.output)):
        for spec in specs:
            tensor = listed.add(name=spec.name)
            tensor.data_type = DATA_TYPES[spec.dtype]
            dimensions(tensor, spec)
    batching(config, USUAL_PROFILE.largest_batch)
    group = config.instance_group.add(count=1)
    group.kind = group.KIND_GPU
    if parameters is not None:
        accelerator = config.optimization.execution_accelerators.gpu_execution_accelerator.add(name="tensorrt")
        accelerator.parameters.update(parameters)
    return config_text(config)
