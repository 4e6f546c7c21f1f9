"""Every pass that there is."""

from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.passes import Pass

PASSES: tuple[type[Pass], ...] = (
    OnnxExport,
    OnnxGraphOptimization,
    OnnxDynamicInt8,
    OnnxStaticInt8,
    OnnxFp16,
    OpenVinoConversion,
)
