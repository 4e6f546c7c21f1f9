"""What every pass has in common: it takes a model in one form and gives it in another."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from optimizers.engine_tie import EngineTie
from optimizers.errors import UnsupportedModel
from optimizers.signature import Signature


class Form(StrEnum):
    """The form that a model has between two passes."""

    TORCH_MODULE = "torch_module"
    TORCHSCRIPT = "torchscript"
    TORCH_EXPORT = "torch_export"
    KERAS = "keras"
    ONNX = "onnx"
    OPENVINO = "openvino"
    TORCHSCRIPT_FILE = "torchscript_file"
    ORT = "ort"
    SAVED_MODEL = "saved_model"
    LITERT = "litert"
    COREML = "coreml"
    TENSORRT = "tensorrt"
    NEURON = "neuron"

    @property
    def in_memory(self) -> bool:
        """Whether such a model has no file, so that no other process can be given it."""
        return self in (Form.TORCH_MODULE, Form.TORCHSCRIPT)


@dataclass(frozen=True, slots=True)
class FormedModel:
    """
    A model between two passes.

    Attributes:
        module: The torch module in memory, for the two torch forms.
        path: The model file, for the other forms.
        samples: Folder with encoded sample inputs, for passes that calibrate on them.
        training: Folder with encoded training data, for passes that train.
        teacher: The torch module that `module` was made smaller from, which no pass changes.
        remark: What the last pass decided, in words; empty where nothing is worth a word.
        engine: What a compiled model is tied to; None for all that runs anywhere.
    """

    form: Form
    signature: Signature
    module: Any = None
    path: Path | None = None
    samples: Path | None = None
    training: Path | None = None
    teacher: Any = None
    remark: str = ""
    engine: EngineTie | None = None

    def smaller(self, module: Any, remark: str) -> "FormedModel":  # noqa: ANN401 - a torch module
        """Return the torch module that was made of this one, which may teach it."""
        return FormedModel(
            Form.TORCH_MODULE,
            self.signature,
            module=module,
            training=self.training,
            teacher=self.module,
            remark=remark,
        )

    @property
    def samples_folder(self) -> Path:
        """The folder with sample inputs. Raises UnsupportedModel without one."""
        if self.samples is None:
            raise UnsupportedModel("it has no sample inputs to calibrate on")
        return self.samples

    @property
    def file(self) -> Path:
        """The model file. Raises UnsupportedModel for a model in memory."""
        if self.path is None:
            raise UnsupportedModel(f"a {self.form} model has no file; export it first")
        return self.path


class Pass(Protocol):
    """A frozen dataclass whose fields are its options; `needs` and `gives` are the support matrix."""

    name: ClassVar[str]
    needs: ClassVar[frozenset[Form]]
    gives: ClassVar[Form]

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """Write the result into `folder`, which is empty, and return it."""
        ...
