"""Export to ONNX, or copy an ONNX original into one clean file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import Signature
from optimizers.signature_probe import SMALL, tried_sizes
from optimizers.torch_export_failure import explained

ONNX_FILE = "model.onnx"


@dataclass(frozen=True, slots=True)
class OnnxExport:
    """
    Export a torch module, a torch.export program or TorchScript with dynamic axes; an ONNX original is copied with its data inside.

    Attributes:
        opset: Asked of the exporter and checked afterwards. torch 2.9 and newer build opset 18 natively.
        torchscript_opset: For TorchScript, which only torch's older exporter reads.
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
            UnsupportedModel: An operator or a dynamic axis cannot be exported, the exporter gave another opset, or the result is
                over 2 GiB.
            MissingExtra: onnx is not installed.
        """
        try:
            from optimizers.onnx_cleaning import check_opset, load_proto, rename_outputs, save_clean
        except ImportError:
            raise MissingExtra("onnx", "ONNX export") from None
        path = folder / ONNX_FILE
        if model.form is Form.ONNX:
            proto = load_proto(model.file)
        else:
            script = model.form is Form.TORCHSCRIPT
            with quiet():
                proto = self._from_torchscript(model) if script else self._from_program(model)
            check_opset(proto, self.torchscript_opset if script else self.opset)
            rename_outputs(proto, tuple(spec.name for spec in model.signature.outputs))
        save_clean(proto, path)
        return FormedModel(Form.ONNX, model.signature, path=path)

    def _from_program(self, model: FormedModel) -> Any:  # noqa: ANN401 - an onnx.ModelProto
        import torch

        try:
            exported: Any = torch.onnx.export(
                **_exported(model),
                input_names=[spec.name for spec in model.signature.inputs],
                output_names=_temporary_names(model.signature),
                opset_version=self.opset,
                dynamo=True,
                verbose=False,
            )
        except (RuntimeError, ValueError) as error:
            raise explained(error, tried_sizes(model.signature.inputs, SMALL)) from error
        if exported is None:
            raise UnsupportedModel("torch's exporter gave no program; export the model to ONNX and give that")
        return exported.model_proto

    def _from_torchscript(self, model: FormedModel) -> Any:  # noqa: ANN401 - an onnx.ModelProto
        import io

        import onnx
        import torch

        from optimizers.torch_trace import example_arguments

        names = _temporary_names(model.signature)
        dynamic = {
            name: {index: axis for index, axis in enumerate(spec.shape) if isinstance(axis, str)}
            for name, spec in zip(
                [*(spec.name for spec in model.signature.inputs), *names],
                [*model.signature.inputs, *model.signature.outputs],
                strict=True,
            )
        }
        buffer: Any = io.BytesIO()  # works, and is missing from the declared types
        torch.onnx.export(
            model.module,
            example_arguments(model.signature),
            buffer,
            input_names=[spec.name for spec in model.signature.inputs],
            output_names=names,
            opset_version=self.torchscript_opset,
            dynamic_axes=dynamic,
            dynamo=False,
        )
        return onnx.load_from_string(buffer.getvalue())


def _exported(model: FormedModel) -> dict[str, Any]:
    """Return what torch exports: a program as it is, a module with samples and the axes that are dynamic."""
    import torch

    if model.form is Form.TORCH_EXPORT:
        from optimizers.load_torch_export import load_program

        return {"model": load_program(model.file)}
    from optimizers.torch_trace import example_arguments

    specs = model.signature.inputs
    axes = {axis: torch.export.Dim(axis) for spec in specs for axis in spec.shape if isinstance(axis, str)}
    shapes = tuple(
        {index: axes[axis] for index, axis in enumerate(spec.shape) if isinstance(axis, str)} for spec in specs
    )
    return {"model": model.module, "args": example_arguments(model.signature), "dynamic_shapes": shapes}


def _temporary_names(signature: Signature) -> list[str]:
    return [f"serving.output.{index}" for index in range(len(signature.outputs))]
