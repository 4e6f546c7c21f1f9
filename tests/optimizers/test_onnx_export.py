"""Torch modules become ONNX by the exporter that can; where none can, the refusal names what is to blame."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.onnx_export import OnnxExport
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import Signature, TensorSpec
from optimizers.torch_to_onnx import RAN, TRACED

WIDTH = 4
SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)


class Dense(torch.nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.dense = torch.nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.dense(x))


class OutsideExport(Dense):
    """Refuses torch.export, as much code does that looks at what it is given."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.compiler.is_exporting():
            raise RuntimeError("not while exporting")
        return super().forward(x)


class OutsideExportByNumber(OutsideExport):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) / (float(x.max()) + 1)


class OutsideExportBySize(OutsideExport):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = super().forward(x)
        return found * sum(0.5 for _ in range(x.shape[0]))


class Branching(Dense):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if x.sum() > 0 else torch.relu(self.dense(x))


class OnlyNewer(torch.nn.Module):  # type: ignore[misc]
    """Has an operator that torch's older exporter does not know."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) * 2


class CopiedUnlessOneRow(OnlyNewer):
    """Needs a copy to be contiguous, and none for one row, as silero-vad does: other operators, the same answers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x.unsqueeze(1).transpose(0, 1).contiguous().squeeze(0)) * 2


class BySize(torch.nn.Module):  # type: ignore[misc]
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) if x.size(0) > 4 else torch.expm1(x) * 2


class ByLargeSize(torch.nn.Module):  # type: ignore[misc]
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) if x.size(0) > 100 else torch.expm1(x) * 2


class ByOneRow(torch.nn.Module):  # type: ignore[misc]
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) * float(x.size(0) == 1)


class BySizeAboveLimit(torch.nn.Module):  # type: ignore[misc]
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) + float(max(x.size(0) - 50, 0))


class ByNumber(torch.nn.Module):  # type: ignore[misc]
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.expm1(x) if bool(x.sum() > 0) else torch.expm1(x) * 2


class Bessel(Dense):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.special.bessel_j0(x)


def export(module: torch.nn.Module, folder: Path, **options: int) -> FormedModel:
    return OnnxExport(**options).run(FormedModel(Form.TORCH_MODULE, SIGNATURE, module=module.eval()), folder)


def opset(model: FormedModel) -> list[int]:
    return [entry.version for entry in onnx.load(model.file).opset_import if entry.domain == ""]


def answers(model: FormedModel, rows: Any) -> Any:
    return OnnxRuntimeSession(model.file, 1, {}).run({"input": rows})["output"]


@pytest.mark.parametrize("asked", [14, 17, 18])
def test_the_opset_is_the_one_that_was_asked_for_and_the_batch_is_dynamic(tmp_path: Path, asked: int) -> None:
    module = Dense()

    found = export(module, tmp_path, opset=asked)

    assert opset(found) == [asked]
    for rows in (np.ones((1, WIDTH), np.float32), np.eye(7, WIDTH, dtype=np.float32)):
        with torch.no_grad():
            assert np.allclose(answers(found, rows), module(torch.from_numpy(rows)).numpy(), atol=1e-6)


def test_what_torch_export_cannot_read_is_traced_and_says_so(tmp_path: Path) -> None:
    found = export(OutsideExport(), tmp_path)

    assert found.remark == TRACED
    assert opset(found) == [18]
    rows = np.eye(7, WIDTH, dtype=np.float32)
    with torch.no_grad():
        assert np.allclose(answers(found, rows), Dense()(torch.from_numpy(rows)).numpy(), atol=1e-6)


@pytest.mark.parametrize("module", [OutsideExportByNumber(), OutsideExportBySize()], ids=["number", "size"])
def test_what_a_trace_would_keep_of_one_call_is_refused_with_both_reasons(
    tmp_path: Path, module: torch.nn.Module
) -> None:
    with pytest.raises(
        UnsupportedModel, match=r"not while exporting.* traced either: .*test_onnx_export\.py, line \d+"
    ):
        export(module, tmp_path)


@pytest.mark.parametrize("module", [OutsideExportByNumber(), OutsideExportBySize()], ids=["number", "size"])
def test_an_opset_that_needs_a_trace_is_refused_where_the_trace_is(tmp_path: Path, module: torch.nn.Module) -> None:
    with pytest.raises(
        UnsupportedModel, match=r"^a (branch|trace) .*test_onnx_export\.py, line \d+.* torch\.jit\.script$"
    ):
        export(module, tmp_path, opset=17)


def test_a_branch_on_values_is_refused_and_not_traced_along_one_side(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"a branch depends on the numbers in a tensor; .* torch\.where"):
        export(Branching(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_scripted_branch_is_kept(tmp_path: Path) -> None:
    with quiet():
        module = torch.jit.script(Branching().eval())
    found = OnnxExport().run(FormedModel(Form.TORCHSCRIPT, SIGNATURE, module=module), tmp_path)

    for rows in (np.ones((2, WIDTH), np.float32), -np.ones((2, WIDTH), np.float32)):
        assert np.allclose(answers(found, rows), module(torch.from_numpy(rows)).detach().numpy(), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Exporting a model to ONNX")
@pytest.mark.parametrize("newer", [OnlyNewer(), CopiedUnlessOneRow()])
def test_torchscript_that_the_older_exporter_cannot_read_is_exported_as_it_runs_and_says_so(
    tmp_path: Path, newer: torch.nn.Module
) -> None:
    with quiet():
        module = torch.jit.script(newer.eval())
    found = OnnxExport().run(FormedModel(Form.TORCHSCRIPT, SIGNATURE, module=module), tmp_path)

    assert found.remark == RAN
    assert opset(found) == [18]
    for rows in (np.ones((1, WIDTH), np.float32), np.eye(7, WIDTH, dtype=np.float32)):
        with torch.no_grad():
            assert np.allclose(answers(found, rows), module(torch.from_numpy(rows)).numpy(), atol=1e-6)


@pytest.mark.parametrize("branching", [BySize(), ByLargeSize(), ByOneRow(), BySizeAboveLimit(), ByNumber()])
def test_a_branch_that_sizes_or_numbers_decide_is_not_run_along_one_side(
    tmp_path: Path, branching: torch.nn.Module
) -> None:
    with quiet():
        module = torch.jit.script(branching.eval())

    with pytest.raises(UnsupportedModel):
        OnnxExport().run(FormedModel(Form.TORCHSCRIPT, SIGNATURE, module=module), tmp_path)


def test_an_operator_without_onnx_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"^ONNX has no counterpart of the operator `.*bessel_j0.*`"):
        export(Bessel(), tmp_path)
