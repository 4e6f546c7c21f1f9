"""Export torch modules, torch.export programs and TorchScript to ONNX, by the exporter that can. Imports torch and onnx."""

import contextlib
import io
from dataclasses import replace
from typing import Any

import onnx
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from optimizers.errors import UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature
from optimizers.signature_probe import LARGE, SMALL, tried_sizes
from optimizers.torch_export_failure import explained, would_be_baked
from optimizers.torch_trace import Sizes, check_sizes, example_arguments, traced

# Below it torch's newer exporter converts down from this one, and keeps this one without a word where that fails.
NATIVE_OPSET = 18
TRACED = "traced, since torch.export cannot read it"
RAN = "exported as it runs, since torch's older exporter cannot read it"
# More than for a trace, which keeps TorchScript's branches; samples of sound come by the thousand.
RUN_SIZES = Sizes(batches=(1, 8, 64, 512), lengths=(1, 8, 64, 512, 4096))


def export_program(model: FormedModel, opset: int) -> tuple[Any, str]:
    """
    Return the ONNX form of a torch module or torch.export program, and a remark where torch's older exporter gave it.

    Raises:
        UnsupportedModel: No exporter can; says what the newer one gave up on.
    """
    is_module = model.form is Form.TORCH_MODULE
    if is_module and opset < NATIVE_OPSET:
        return _traced_or_explained(model, opset), ""
    try:
        return _exported(model, opset), ""
    except Exception as error:  # torch's exporters raise almost anything
        reason = _explained(model, error)
        if is_module and not would_be_baked(error):
            try:
                return _traced(model, opset), TRACED
            except Exception as refused:  # noqa: BLE001 - as above; what the exporter itself says of a trace tells no more
                if isinstance(refused, UnsupportedModel):
                    reason = UnsupportedModel(f"{reason}; it cannot be traced either: {refused}")
        raise reason from error


def export_script(model: FormedModel, opset: int) -> tuple[Any, str]:
    """
    Return the ONNX form of TorchScript, which only torch's older exporter reads, and an empty remark.

    Where that cannot, the operators of a call are exported by the newer one, in opset 18, and the remark says so.

    Raises:
        UnsupportedModel: Neither can.
    """
    try:
        return _traced(model, opset), ""
    except Exception as error:  # torch's exporters raise almost anything
        with contextlib.suppress(Exception):  # the first reason is the one to repair
            return _exported(replace(model, form=Form.TORCH_MODULE, module=_as_it_runs(model)), NATIVE_OPSET), RAN
        raise _explained(model, error) from error


def _as_it_runs(model: FormedModel) -> Any:  # noqa: ANN401 - a torch.fx.GraphModule
    """
    Return the operators that a call runs, as a module without branches.

    `make_fx` refuses a branch on numbers in a tensor. What is decided by the size of an axis shows in the operators of calls
    of two sizes, and in the answers for more; their operators may differ, as a batch of 1 needs no copy to be contiguous.
    """
    with torch.no_grad():
        small, large = (make_fx(model.module)(*example_arguments(model.signature, size)) for size in (SMALL, LARGE))
        numbers, others = _tensors_of(small), _tensors_of(large)
        if small.code != large.code or not all(torch.equal(value, others[name]) for name, value in numbers.items()):
            raise UnsupportedModel("a branch or a number depends on the size of an axis")
        check_sizes(model.module, small, model.signature, sizes=RUN_SIZES)
    return small


def _tensors_of(module: Any) -> dict[str, Any]:  # noqa: ANN401 - a torch.fx.GraphModule
    """Return weights and constants by name; `make_fx` keeps the latter as plain attributes."""
    constants = {name: value for name, value in vars(module).items() if isinstance(value, torch.Tensor)}
    return {**module.state_dict(), **constants}


def _explained(model: FormedModel, error: Exception) -> UnsupportedModel:
    if isinstance(error, UnsupportedModel):
        return error
    return explained(error, tried_sizes(model.signature.inputs, SMALL))


def _exported(model: FormedModel, opset: int) -> Any:  # noqa: ANN401 - an onnx.ModelProto
    exported: Any = torch.onnx.export(
        **_program(model),
        input_names=[spec.name for spec in model.signature.inputs],
        output_names=_temporary_names(model.signature),
        opset_version=opset,
        dynamo=True,
        verbose=False,
    )
    if exported is None:
        raise UnsupportedModel("torch's exporter gave no program; export the model to ONNX and give that")
    return exported.model_proto


def _program(model: FormedModel) -> dict[str, Any]:
    """Return what torch exports: a program as it is, a module with samples and the axes that are dynamic."""
    if model.form is Form.TORCH_EXPORT:
        from optimizers.load_torch_export import load_program

        return {"model": load_program(model.file)}
    specs = model.signature.inputs
    axes = {axis: torch.export.Dim(axis) for spec in specs for axis in spec.shape if isinstance(axis, str)}
    shapes = tuple(
        {index: axes[axis] for index, axis in enumerate(spec.shape) if isinstance(axis, str)} for spec in specs
    )
    return {"model": model.module, "args": example_arguments(model.signature), "dynamic_shapes": shapes}


def _traced_or_explained(model: FormedModel, opset: int) -> Any:  # noqa: ANN401 - an onnx.ModelProto
    try:
        return _traced(model, opset)
    except Exception as error:  # torch's exporters raise almost anything
        raise _explained(model, error) from error


def _traced(model: FormedModel, opset: int) -> Any:  # noqa: ANN401 - an onnx.ModelProto
    names = _temporary_names(model.signature)
    dynamic = {
        name: {index: axis for index, axis in enumerate(spec.shape) if isinstance(axis, str)}
        for name, spec in zip(
            [*(spec.name for spec in model.signature.inputs), *names],
            [*model.signature.inputs, *model.signature.outputs],
            strict=True,
        )
    }
    # The exporter traces too, and refuses nothing that it bakes in; it needs the module itself to tell the ranks of tensors.
    traced(model)
    buffer: Any = io.BytesIO()  # works, and is missing from the declared types
    torch.onnx.export(
        model.module,
        example_arguments(model.signature),
        buffer,
        input_names=[spec.name for spec in model.signature.inputs],
        output_names=names,
        opset_version=opset,
        dynamic_axes=dynamic,
        dynamo=False,
    )
    return onnx.load_from_string(buffer.getvalue())


def _temporary_names(signature: Signature) -> list[str]:
    return [f"serving.output.{index}" for index in range(len(signature.outputs))]
