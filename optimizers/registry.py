"""Every pass that there is."""

from optimizers.coreml_export import CoreMlExport
from optimizers.fine_tuning import FineTuning
from optimizers.litert_convert import LiteRtConversion
from optimizers.litert_torch import LiteRtFromTorch
from optimizers.magnitude_pruning import MagnitudePruning
from optimizers.neuron_compile import NeuronCompile
from optimizers.onnx_dynamic_int8 import OnnxDynamicInt8
from optimizers.onnx_export import OnnxExport
from optimizers.onnx_fp16 import OnnxFp16
from optimizers.onnx_fusion import OnnxTransformerFusion
from optimizers.onnx_graph import OnnxGraphOptimization
from optimizers.onnx_int4 import OnnxInt4
from optimizers.onnx_static_int8 import OnnxStaticInt8
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.openvino_int8 import OpenVinoInt8
from optimizers.ort_mobile import OrtMobile
from optimizers.passes import Pass
from optimizers.smaller_student import SmallerStudent
from optimizers.structured_pruning import StructuredPruning
from optimizers.tensorflow_to_onnx import TensorFlowToOnnx
from optimizers.tensorrt_engine import TensorRtEngine
from optimizers.torchscript_freeze import TorchScriptFreeze
from optimizers.training_function import TrainingFunction

PASSES: tuple[type[Pass], ...] = (
    OnnxExport,
    TensorFlowToOnnx,
    OnnxGraphOptimization,
    OnnxTransformerFusion,
    OnnxDynamicInt8,
    OnnxStaticInt8,
    OnnxInt4,
    OnnxFp16,
    OpenVinoConversion,
    OpenVinoInt8,
    TorchScriptFreeze,
    LiteRtConversion,
    LiteRtFromTorch,
    OrtMobile,
    CoreMlExport,
    TensorRtEngine,
    NeuronCompile,
    StructuredPruning,
    MagnitudePruning,
    SmallerStudent,
    FineTuning,
    TrainingFunction,
)
