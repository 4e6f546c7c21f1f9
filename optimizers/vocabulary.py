"""The closed sets of words that every layer shares. Values are the public contract of the spec."""

from enum import StrEnum


class TaskType(StrEnum):
    """What a stack asks for."""

    DEPLOY_MODEL = "deploy_model"
    OPTIMIZE_INFERENCE = "optimize_inference"
    CONFIGURE_SCALING = "configure_scaling"
    SETUP_BATCH = "setup_batch"
    DEPLOY_EDGE = "deploy_edge"


class ModelFormat(StrEnum):
    """The framework that wrote the model."""

    PYTORCH = "pytorch"
    TENSORFLOW = "tensorflow"
    ONNX = "onnx"
    TRITON = "triton"
    TORCHSCRIPT = "torchscript"


class DeploymentTarget(StrEnum):
    """Where the endpoint runs."""

    KUBERNETES = "kubernetes"
    SERVERLESS = "serverless"
    EDGE = "edge"
    EMBEDDED = "embedded"


class Accelerator(StrEnum):
    """The processor that computes the model."""

    CPU = "cpu"
    GPU = "gpu"
    TPU = "tpu"
    INFERENTIA = "inferentia"


class Prediction(StrEnum):
    """What the model predicts, which decides how parity is measured."""

    EMBEDDING = "embedding"
    CLASSIFICATION = "classification"
    NUMERIC = "numeric"
    TOKENS = "tokens"


class Objective(StrEnum):
    """Which of the candidates that answer like the original is chosen."""

    FASTEST = "fastest"
    SMALLEST = "smallest"
    CHEAPEST = "cheapest"


class Runtime(StrEnum):
    """The library that executes an artifact."""

    PYTORCH = "pytorch"
    TENSORFLOW = "tensorflow"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    TENSORRT = "tensorrt"
    MIGRAPHX = "migraphx"
    NEURON = "neuron"
    LITERT = "litert"
    COREML = "coreml"


class Precision(StrEnum):
    """The number format that most of the arithmetic uses."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    INT4 = "int4"
