"""TensorRT inside Triton's ONNX Runtime backend: a graph that Triton compiles on the GPU when it loads it."""

from optimizers.shape_profile import USUAL_PROFILE, ShapeProfile, shapes_text
from optimizers.signature import Signature
from optimizers.vocabulary import Precision

# 1 GiB is ONNX Runtime's default: https://github.com/triton-inference-server/onnxruntime_backend#onnx-runtime-with-tensorrt-optimization.
WORKSPACE_BYTES = 2**30
# Where engines and timings are kept, so that a server that starts again builds nothing.
ENGINE_CACHE = "/models-cache"
# The backend has these three; a graph in another format is computed as it is written.
MODES = {Precision.FP16: "FP16", Precision.INT8: "INT8"}
AS_WRITTEN = "FP32"


def accelerator_parameters(
    signature: Signature, precision: Precision, profile: ShapeProfile = USUAL_PROFILE
) -> dict[str, str]:
    """
    Return the parameters of the accelerator `tensorrt` (README of triton-inference-server/onnxruntime_backend).

    A graph with pairs of QuantizeLinear and DequantizeLinear needs no calibration table, and one is refused with it.

    Args:
        signature: The graph's tensors.
        precision: In which the artifact computes; never a lower one, for nobody compared its answers.
        profile: Sizes that the engine is built for.
    """
    shapes = {"min": profile.least(signature), "opt": profile.usual(signature), "max": profile.most(signature)}
    return {
        "precision_mode": MODES.get(precision, AS_WRITTEN),
        "max_workspace_size_bytes": str(WORKSPACE_BYTES),
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": ENGINE_CACHE,
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": ENGINE_CACHE,
        **{f"trt_profile_{kind}_shapes": shapes_text(found) for kind, found in shapes.items() if found},
    }
