"""How each format is loaded, and what decides the bytes of what is made of it: one row each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizers.onnx_export import OnnxExport
from optimizers.passes import Pass
from optimizers.tensorflow_to_onnx import TensorFlowToOnnx
from optimizers.vocabulary import ModelFormat

TORCH_WRITERS = ("onnxscript", "torch", "transformers")


@dataclass(frozen=True, slots=True)
class FormatRow:
    """
    One format as data.

    Attributes:
        module: Has the loader, and imports the format's framework.
        loader: A function of `ModelSource` and threads that returns an `Original`.
        extra: Installs the framework.
        what: The model in words: `a PyTorch model`.
        writers: Distributions whose version decides the bytes of an artifact, besides those that write every artifact.
        to_onnx: The pass that candidates start with.
        is_one_model: Whether all of its files are loaded; of a repository's versions one is.
    """

    module: str
    loader: str
    extra: str
    what: str
    writers: tuple[str, ...] = ()
    to_onnx: Pass = field(default_factory=OnnxExport)
    is_one_model: bool = True


FORMATS: Mapping[ModelFormat, FormatRow] = {
    ModelFormat.PYTORCH: FormatRow(
        "optimizers.load_pytorch", "load_pytorch", "torch", "a PyTorch model", TORCH_WRITERS
    ),
    ModelFormat.TORCHSCRIPT: FormatRow(
        "optimizers.load_torchscript", "load_torchscript", "torch", "a TorchScript model", TORCH_WRITERS
    ),
    ModelFormat.ONNX: FormatRow("optimizers.load_onnx", "load_onnx", "onnx", "an ONNX model"),
    ModelFormat.TENSORFLOW: FormatRow(
        "optimizers.load_tensorflow",
        "load_tensorflow",
        "tensorflow",
        "a TensorFlow model",
        ("keras", "tensorflow", "tf2onnx"),
        TensorFlowToOnnx(),
    ),
    ModelFormat.TRITON: FormatRow(
        "optimizers.load_triton", "load_triton", "triton", "a Triton repository", is_one_model=False
    ),
}
