"""What torch's exporter cannot export is told in one sentence, with the operator or the axis."""

from pathlib import Path

import pytest
import torch

from optimizers.errors import UnsupportedModel
from optimizers.onnx_export import OnnxExport
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import Signature, TensorSpec


class Svd(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """An operator that ONNX lacks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = torch.linalg.svdvals(x)
        return values


class Sixteen(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Takes one length alone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], 16)


class Branch(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Decides by what a tensor holds."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


class Spectrum(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Has an operator that the exporter of TorchScript lacks, and a branch that the other one does not take."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if bool(x.sum() > 0):
            return torch.fft.rfft(x).abs()
        return x


class LargestSoFar(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Has an operator that neither has."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cummax(x, 1)[0]


@pytest.mark.parametrize(
    ("module", "shape", "words"),
    [
        (Svd(), ("batch", 4, 4), "no counterpart of the operator `aten._linalg_svd`; singular values can"),
        (
            Sixteen(),
            ("batch", "length"),
            "axis `length` cannot have any size, the model takes 16 alone; write a size in its place",
        ),
        (Branch(), ("batch", 4), "a branch depends on the numbers in a tensor; .* choose with torch.where"),
    ],
)
def test_the_reason_names_what_to_change(
    tmp_path: Path, module: torch.nn.Module, shape: tuple[str | int, ...], words: str
) -> None:
    signature = Signature(
        inputs=(TensorSpec(name="x", shape=shape),), outputs=(TensorSpec(name="y", shape=("batch", 4)),)
    )

    with pytest.raises(UnsupportedModel, match=words):
        OnnxExport().run(FormedModel(Form.TORCH_MODULE, signature, module=module.eval()), tmp_path)


@pytest.mark.parametrize(
    ("module", "shape", "words"),
    [
        (
            Svd(),
            ("batch", 4, 4),
            "`aten.linalg_svdvals`; singular values can be computed by power iteration, with matmul$",
        ),
        (
            Spectrum(),
            ("batch", 4),
            "`aten.fft_rfft`; a Fourier transform is a matmul with a matrix of cosines and one of",
        ),
        (LargestSoFar(), ("batch", 4), "`aten.cummax`; compute it outside the model, or with operators that ONNX has$"),
    ],
)
def test_the_operator_of_torchscript_is_named_with_what_computes_alike(
    tmp_path: Path, module: torch.nn.Module, shape: tuple[str | int, ...], words: str
) -> None:
    signature = Signature(
        inputs=(TensorSpec(name="x", shape=shape),), outputs=(TensorSpec(name="y", shape=("batch", 4)),)
    )
    with quiet():
        script = torch.jit.script(module.eval())
    model = FormedModel(Form.TORCHSCRIPT, signature, module=script)

    with pytest.raises(
        UnsupportedModel, match=f"^torch's exporter of TorchScript has no counterpart of the operator {words}"
    ):
        OnnxExport().run(model, tmp_path)
