"""Export to ONNX, or copy an ONNX original into one clean file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.errors import MissingExtra
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet

ONNX_FILE = "model.onnx"


@dataclass(frozen=True, slots=True)
class OnnxExport:
    """
    Export a torch module, a torch.export program or TorchScript with dynamic axes; an ONNX original is copied.

    Attributes:
        opset: Asked of the exporter and checked afterwards, from 14 up. torch 2.9 and newer build opset 18 natively; below it, and
            where torch.export cannot read a module, the older exporter traces it.
        torchscript_opset: For TorchScript that torch's older exporter can read; other TorchScript is exported in opset 18.
    """

    opset: int = 18
    torchscript_opset: int = 17

    name: ClassVar[str] = "onnx-export"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE, Form.TORCH_EXPORT, Form.TORCHSCRIPT, Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Write `model.onnx`.

        Raises:
            UnsupportedModel: An operator or a dynamic axis cannot be exported, the exporter gave another opset.
            MissingExtra: onnx is not installed.
        """
        try:
            from optimizers.onnx_cleaning import check_opset, load_graph, rename_outputs, save_clean
        except ImportError:
            raise MissingExtra("onnx", "ONNX export") from None
        path, remark, weights_in = folder / ONNX_FILE, "", None
        if model.form is Form.ONNX:
            proto, weights_in = load_graph(model.file), model.file.parent
        else:
            from optimizers.torch_to_onnx import NATIVE_OPSET, export_program, export_script

            with quiet():
                if model.form is Form.TORCHSCRIPT:
                    proto, remark = export_script(model, self.torchscript_opset)
                    opset = NATIVE_OPSET if remark else self.torchscript_opset
                else:
                    opset, (proto, remark) = self.opset, export_program(model, self.opset)
            check_opset(proto, opset)
            rename_outputs(proto, tuple(spec.name for spec in model.signature.outputs))
        save_clean(proto, path, weights_in)
        return FormedModel(Form.ONNX, model.signature, path=path, remark=remark)
